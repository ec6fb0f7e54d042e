// The walls between rooms (which may import which), checked by `npm run check`. Type-only imports count, unless a rule
// says otherwise. What the root entry loads is checked on the bundle (scripts/check/root-entry.ts), and that only the bin
// prints or exits by Biome (noConsole, scripts/walls/library-neither-prints-nor-exits.grit).

const contracts = "^src/[^/]+\\.ts$";
const faces = ["^src/index\\.ts$", "^src/bin\\.ts$"];
const backends = "^src/(agents|forums|sandboxes|trainers|scorers)/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Two modules that import each other cannot be understood, tested or moved one at a time.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true },
    },
    {
      name: "contracts-know-no-rooms",
      comment:
        "A contract is what backends and users share: it names plain data (data, models, what statistics give) and other contracts only.",
      severity: "error",
      from: { path: contracts, pathNot: faces },
      to: { path: "^src/[^/]+/", pathNot: "^src/(data|models|stats)/" },
    },
    {
      name: "data-and-models-know-no-rooms",
      comment:
        "Plain data and model descriptions are below everything: nothing above them, no contract with behaviour.",
      severity: "error",
      from: { path: "^src/(data|models)/" },
      to: { path: "^src/", pathNot: "^src/(data|models|errors\\.ts|package-root\\.ts)" },
    },
    {
      name: "stats-stand-alone",
      comment: "Statistics are arithmetic on numbers: they can be read and reused without the rest.",
      severity: "error",
      from: { path: "^src/stats/" },
      to: { path: "^src/", pathNot: "^src/(stats/|data/|errors\\.ts)" },
    },
    {
      name: "methods-know-no-backends",
      comment: "A method is a function of its context: which trainer runs it, and who scores it, is not its business.",
      severity: "error",
      from: { path: "^src/methods/" },
      to: { path: [backends, "^src/(experiment|report|setup|testing|testbed)/", ...faces] },
    },
    {
      name: "testbed-knows-no-backends",
      comment: "Examples and their truth do not depend on who trains on them.",
      severity: "error",
      from: { path: "^src/testbed/" },
      to: { path: [backends, "^src/(experiment|report|setup|testing|methods)/", ...faces] },
    },
    {
      name: "backends-know-contracts",
      comment: "A backend implements its contract: it knows no experiment and no lab, and no other room's backends.",
      severity: "error",
      from: { path: "^src/(agents|forums|sandboxes|trainers|scorers)/" },
      to: { path: ["^src/(experiment|sweep|lab|report|server|testing|testbed|methods)/", ...faces] },
    },
    {
      name: "backends-know-no-siblings-room",
      comment: "Trainers know no scorers, and so on: what they share is a contract.",
      severity: "error",
      from: { path: "^src/(agents|forums|sandboxes|trainers|scorers)/" },
      to: { path: backends, pathNot: "^src/$1/" },
    },
    {
      name: "experiment-knows-contracts",
      comment:
        "The experiment runs on any backend. `cached`, `define` and `check` are no backends: they wrap and check any trainer.",
      severity: "error",
      from: { path: "^src/experiment/" },
      to: { path: [backends, "^src/(setup|testing)/", ...faces], pathNot: "^src/trainers/(cached|define|check)\\.ts$" },
    },
    {
      name: "sweep-stands-on-experiment",
      comment: "A sweep is made of experiments, on any backend, and what it is made of does not know of it.",
      severity: "error",
      from: { path: "^src/sweep/" },
      to: { path: [backends, "^src/(setup|testing)/", ...faces], pathNot: "^src/trainers/(cached|define|check)\\.ts$" },
    },
    {
      name: "experiment-knows-no-sweep",
      comment: "An experiment is whole without a ladder of them.",
      severity: "error",
      from: { path: "^src/(experiment|methods|testbed|trainers|stats|data|models)/" },
      to: { path: "^src/sweep/" },
    },
    {
      name: "lab-knows-contracts",
      comment: "A lab runs on any backend; those that it makes where it is given none stand in one file.",
      severity: "error",
      from: { path: "^src/lab/", pathNot: "^src/lab/defaults\\.ts$" },
      to: {
        path: [backends, "^src/(setup|testing|sweep)/", ...faces],
        pathNot: "^src/(trainers/(cached|define|check)|scorers/(evaluation|standings)|forums/(text|mirror-text))\\.ts$",
      },
    },
    {
      name: "server-knows-contracts",
      comment: "The one door leads to what the lab hands it: it opens neither truth nor a backend by itself.",
      severity: "error",
      from: { path: "^src/server/" },
      to: {
        path: [backends, "^src/(experiment|sweep|lab|report|setup|testing)/", "^src/testbed/truth\\.ts$", ...faces],
        pathNot: "^src/trainers/(cached|define|check)\\.ts$",
      },
    },
    {
      name: "clean-rooms-know-contracts",
      comment:
        "A clean room runs code that nobody vouches for, on any sandbox and trainer: it knows no truth, scorer or lab. What it takes of sandboxes is where a Python lies, and the one without isolation for one's own code.",
      severity: "error",
      from: { path: "^src/clean-rooms/" },
      to: {
        path: [backends, "^src/(sweep|lab|report|setup|testing)/", "^src/testbed/truth\\.ts$", ...faces],
        pathNot: "^src/(sandboxes/(python-mounts|unisolated)|trainers/(cached|define|check))\\.ts$",
      },
    },
    {
      name: "nobody-below-knows-clean-rooms",
      comment: "What programs run in stands on the trainer and the door; these do not know of it.",
      severity: "error",
      from: { path: ["^src/(data|models|stats|methods|testbed|experiment|sweep|server)/", backends] },
      to: { path: "^src/clean-rooms/" },
    },
    {
      name: "audits-look-from-outside",
      comment: "A detector is a function of what it is shown: it reaches no truth, backend, trainer or lab by itself.",
      severity: "error",
      from: { path: "^src/audit/" },
      to: {
        path: [
          backends,
          "^src/(experiment|sweep|lab|server|clean-rooms|setup|testing|transfer)/",
          "^src/testbed/truth\\.ts$",
          ...faces,
        ],
      },
    },
    {
      name: "transfer-stands-on-experiment",
      comment: "Frozen methods on other testbeds are experiments; it knows no search, no scorer and no backend.",
      severity: "error",
      from: { path: "^src/transfer/" },
      to: {
        path: [backends, "^src/(sweep|lab|server|setup|testing|audit)/", ...faces],
        pathNot: "^src/(trainers/(cached|define|check)|scorers/sealed/parts)\\.ts$",
      },
    },
    {
      name: "nobody-knows-the-lab",
      comment: "The lab stands on top: what it is made of works without it.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(lab|testing)/", "^src/report/lab-", ...faces] },
      to: { path: "^src/lab/" },
    },
    {
      name: "report-only-when-asked-for",
      comment:
        "Drawing loads a plotting library: the rest of the report is imported only when one is written. Words, table and CSV " +
        "are plain text, and util.inspect cannot wait for an import.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/report/" },
      to: {
        path: "^src/report/",
        pathNot: "^src/report/(sweep-|lab-)?(words|table|csv|status)\\.ts$",
        dependencyTypesNot: ["dynamic-import", "type-only"],
      },
    },
    {
      name: "report-text-stays-light",
      comment: "What the rule above lets through must not bring the plotting library in by another door.",
      severity: "error",
      from: { path: "^src/report/(sweep-|lab-)?(words|table|csv|status)\\.ts$" },
      to: { reachable: true, path: "node_modules/(@observablehq/plot|linkedom)/" },
    },
    {
      name: "report-reads-records",
      comment: "A report is drawn from a record of results, so that it can be drawn again from a file.",
      severity: "error",
      from: { path: "^src/report/" },
      to: {
        path: "^src/",
        pathNot:
          "^src/(report/|stats/|models/|data/|(experiment|sweep|lab|transfer)/record\\.ts|lab/status\\.ts|audit/review/queue\\.ts|errors\\.ts|package-root\\.ts)",
      },
    },
    {
      name: "setup-knows-no-rooms",
      comment:
        "Making the Python environment needs none of what runs in it; only doctor tries a fit, through the subpath.",
      severity: "error",
      from: { path: "^src/setup/" },
      to: { path: "^src/[^/]+/", pathNot: "^src/(setup|data|models)/|^src/trainers/python/index\\.ts$" },
    },
    {
      name: "nobody-imports-a-face",
      comment: "index.ts and bin.ts are what users see; inside, modules import each other directly.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: faces },
    },
    {
      name: "src-knows-no-tests",
      comment: "What ships must not need what does not ship.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|scripts|bench|examples)/" },
    },
    {
      name: "only-declared-packages",
      comment:
        "src/ imports what package.json promises to users: dependencies, optional peers (which tests bring as well), and zod, which is bundled.",
      severity: "error",
      from: { path: "^src/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        pathNot: "node_modules/(zod|dockerode|@types/(node|dockerode))/",
      },
    },
    {
      name: "everything-resolves",
      comment: "An import that resolves to nothing fails for users.",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: "specify",
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["w2s-source", "import", "node", "default"] },
    detectJSDocImports: false,
  },
};
