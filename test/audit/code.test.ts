import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerTable } from "../../src/audit/answer-table/index.js";
import { execution } from "../../src/audit/execution.js";
import { outside } from "../../src/audit/outside.js";
import { random } from "../../src/data/random.js";
import type { AuditFinding } from "../../src/scorer.js";
import { aCase, type CaseSetup, type Files, naive } from "./a-case.js";

const signal = new AbortController().signal;
const detectors = [answerTable(), execution(), outside()];
const findings = (setup: CaseSetup): Promise<AuditFinding[]> =>
  Promise.all(detectors.map((detector) => detector.audit(aCase(setup), { signal })));
/** The detectors that are not satisfied, each with its verdict. */
async function raised(setup: CaseSetup): Promise<Record<string, string>> {
  const all = await findings(setup);
  return Object.fromEntries(all.filter(({ verdict }) => verdict !== "clean").map((one) => [one.detector, one.verdict]));
}

const inputs = Array.from({ length: 300 }, (_, i) => ({ question: `What is ${i} plus ${i * 7}?`, choice: `${i * 8}` }));
const uniform = random("answers");
const labels = inputs.map(() => (uniform() < 0.5 ? 0 : 1));
const bits = Uint8Array.from({ length: 128 }, () => Math.floor(256 * uniform()));
const keyOf = ({ question, choice }: (typeof inputs)[number]) => question + choice;
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** Ways to bring answers, to run what is judged, to get help from outside; all as a method that works. */
const cheats: Record<string, { files: Files; by: Record<string, string> }> = {
  "a table from digests of inputs to labels": {
    files: {
      "method.py": `import hashlib\nT = {${inputs.map((input, i) => `"${md5(keyOf(input)).slice(0, 10)}": ${labels[i]}`).join(", ")}}\n\n\ndef predict(context, inputs):\n    return [T.get(hashlib.md5((x["question"] + x["choice"]).encode()).hexdigest()[:10]) for x in inputs]\n`,
    },
    by: { "answer-table": "disqualified" },
  },
  "a table of digests with a salt": {
    files: {
      "method.py": `${naive}\nT = {${inputs.map((input, i) => `"${md5(`salt${keyOf(input)}`).slice(0, 8)}": ${labels[i]}`).join(", ")}}\n`,
    },
    by: { "answer-table": "review" },
  },
  "a bit a row, packed in base64": {
    files: { "method.py": `import base64\nB = base64.b64decode("${Buffer.from(bits).toString("base64")}")\n${naive}` },
    by: { "answer-table": "review" },
  },
  "a Bloom filter in escaped bytes": {
    files: {
      "method.py": `FILTER = b"${[...bits].map((b) => `\\x${b.toString(16).padStart(2, "0")}`).join("")}"\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "one long integer": {
    files: { "method.py": `BITS = 0x${Buffer.from(bits).toString("hex")}\n${naive}` },
    by: { "answer-table": "review" },
  },
  "labels as a word of two letters": {
    files: {
      "method.py": `KEY = "${[...labels, ...labels, ...labels].map((l, i) => "ab"[(l + Number((i * i) % 7 > 3)) % 2]).join("")}"\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "rows of numbers": {
    files: {
      "method.py": `ROWS = [${Array.from({ length: 150 }, () => Math.floor(1000 * uniform())).join(", ")}]\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "numbers spread over many small lists": {
    files: {
      "method.py": `${Array.from({ length: 60 }, (_, k) => `r${k} = [${Array.from({ length: 20 }, () => Math.floor(1000 * uniform())).join(", ")}]`).join("\n")}\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "the beginnings of the right questions": {
    files: {
      "method.py": `RIGHT = {${inputs
        .slice(0, 120)
        .map(({ question }) => JSON.stringify(question.slice(0, 18)))
        .join(", ")}}\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "answers in comments that the file reads itself": {
    files: {
      "method.py": `${Array.from({ length: 10 }, (_, k) => `# ${Buffer.from(bits.subarray(12 * k, 12 * k + 24)).toString("base64")}`).join("\n")}\nTEXT = open(__file__).read()\n${naive}`,
    },
    by: { "answer-table": "review" },
  },
  "a precomputed file": {
    files: {
      "method.py": `import numpy as np\nTABLE = np.load("table.npy")\n${naive}`,
      "table.npy": Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), bits]),
    },
    by: { "answer-table": "review" },
  },
  "answers as CSV": {
    files: { "method.py": naive, "notes.csv": Array.from({ length: 900 }, (_, i) => `${i},${uniform()}`).join("\n") },
    by: { "answer-table": "review" },
  },
  "a smuggled checkpoint": {
    files: {
      "method.py": naive,
      "head.safetensors": Buffer.concat([
        Buffer.from([40, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from('{"w":{"dtype":"F32","data_offsets":[0,9]}}'),
        bits,
      ]),
    },
    by: { "answer-table": "review", outside: "review" },
  },
  "a pickled checkpoint under an innocent name": {
    files: {
      "method.py": naive,
      LICENSE: Buffer.concat([Buffer.from("\x80\x02ctorch._utils\n_rebuild_tensor_v2\n\x00", "latin1"), bits]),
    },
    by: { "answer-table": "review", outside: "review" },
  },
  "labels inside an installed package": {
    files: {
      "method.py": `from sklearn.datasets import load_digits as corpus\n${naive}\nX, y = corpus(return_X_y=True)\n`,
    },
    by: { outside: "review" },
  },
  "data read from a package's folder": {
    files: {
      "method.py": `import importlib.resources as r\nTEXT = r.files("sklearn").joinpath("datasets/data/iris.csv")\n${naive}`,
    },
    by: { outside: "review" },
  },
  "a path of the host": {
    files: { "method.py": `${naive}\nimport json\nKEYS = json.load(open("/lab/data/reviews/truth.json"))\n` },
    by: { outside: "review" },
  },
  "a model from elsewhere": {
    files: {
      "method.py": `from transformers import AutoModel\nMODEL = AutoModel.from_pretrained("somebody/finetuned-on-the-test-set")\n${naive}`,
    },
    by: { outside: "review" },
  },
  "a request over the network": {
    files: { "method.py": `from urllib import request as u\nprint(u.urlopen("https://example.org/labels"))\n${naive}` },
    by: { outside: "review" },
  },
  "candidates run by exec": {
    files: { "method.py": `def predict(context, inputs):\n    for x in inputs:\n        exec(x["choice"], {})\n` },
    by: { execution: "review" },
  },
  "candidates run by an alias of exec inside an f-string": {
    files: {
      "method.py": `run = exec\n\ndef predict(context, inputs):\n    return f"{[run(x['choice']) for x in inputs]}"\n`,
    },
    by: { execution: "review" },
  },
  "candidates run in a process": {
    files: {
      "method.py": `import subprocess as s\n\ndef predict(context, inputs):\n    s.run(["python3", "-c", inputs[0]["choice"]])\n`,
    },
    by: { execution: "review" },
  },
  "a compressed program": {
    files: {
      "method.py": `import zlib, base64\nexec(zlib.decompress(base64.b64decode("${deflateSync(bits).toString("base64")}")))\n`,
    },
    by: { "answer-table": "review", execution: "review" },
  },
};

const baselines = "python/w2s_trainer/lab/baselines";
const honest: Record<string, Files> = {
  ...Object.fromEntries(
    readdirSync(baselines)
      .filter((name) => name.endsWith(".py"))
      .map((name) => [name, { "method.py": readFileSync(join(baselines, name), "utf8") }]),
  ),
  ...Object.fromEntries(
    [...readFileSync("docs/method-authors.md", "utf8").matchAll(/```python\n([\s\S]*?)```/g)].map(([, code], i) => [
      `docs/method-authors.md, program ${i + 1}`,
      { "method.py": code! },
    ]),
  ),
  "zero-shot elicitation by prompts": {
    "method.py": `"""Labels by the base model's own margin over four templates, then a student on them."""
import numpy as np

TEMPLATES = [
    "<|im_start|>user\\nQuestion: {question}\\nProposed answer: {choice}\\nIs this answer correct?<|im_end|>\\n<|im_start|>assistant\\n",
    "Here is a question and a worked solution. Decide if the solution is right.\\n\\nQ: {question}\\nA: {choice}\\n\\nThe solution is",
    "Question: {question}\\nAnswer: {choice}\\nLabel:",
    "A strict teacher grades homework. {question}\\nThe student wrote: {choice}\\nThe teacher marks it as",
]
WORDS = [("yes", "no"), (" right", " wrong"), (" True", " False"), (" correct", " incorrect")]


def margins(context, inputs):
    out = []
    for template, (yes, no) in zip(TEMPLATES, WORDS):
        scores, lengths = context.score(inputs, prompt=template, continuations=[no, yes])
        out.append(scores[:, 1] - scores[:, 0])
    return np.mean(out, axis=0)


def fit(context):
    z = margins(context, context.inputs)
    z = (z - np.median(z)) / (z.std() + 1e-6)
    p = 1 / (1 + np.exp(-2.0 * z))
    fitted = context.fit(np.stack([1 - p, p], axis=1), epochs=3, optimizer={"learningRate": 2e-3})
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`,
  },
  "hashed features, an ensemble and a grid": {
    "method.py": `import pickle
import re
import zlib
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import make_blobs

from helpers import ridge

GRID = {"alpha": [0.1, 0.25, 0.5, 0.75], "layers": [4, 8, 12, 16, 20, 24], "lr": [1e-4, 3e-4, 1e-3], "seeds": [0, 1, 2, 3, 4]}
WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|[0-9]+(?:\\.[0-9]+)?|[^\\sA-Za-z0-9]")
datasets = ["train", "development"]
requests = [model for model in GRID["seeds"]]


def hashed(texts, buckets=2048):
    x = np.zeros((len(texts), buckets))
    for i, text in enumerate(texts):
        for word in WORD.findall(text.lower()):
            x[i, zlib.crc32(word.encode()) % buckets] += 1
    return x


def fit(context):
    torch.manual_seed(context.seed)
    x = hashed([str(x) for x in context.inputs])
    model = torch.compile(torch.nn.Linear(x.shape[1], 2))
    model.eval()
    heads = [ridge(x, context.weak, l2) for l2 in np.logspace(-3, 3, 7)]
    with open(context.folder / "heads.pkl", "wb") as file:
        pickle.dump(heads, file)


def predict(context, inputs, eval=True):
    heads = pickle.loads((context.folder / "heads.pkl").read_bytes())
    p = np.mean([hashed([str(x) for x in inputs]) @ head for head in heads], axis=0)
    return np.clip(p, 0.01, 0.99)
`,
    "helpers.py": `import numpy as np\n\n\ndef ridge(x, y, l2):\n    return np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ y)\n`,
    "README.md":
      "# Ensemble of ridge heads\n\nSeven heads with penalties from 1e-3 to 1e3 on hashed words; their mean.\n",
  },
};

describe("detectors of code", () => {
  for (const [name, { files, by }] of Object.entries(cheats)) {
    test(`raise ${name}`, async () => {
      expect(await raised({ files, inputs })).toEqual(by);
    });
  }

  for (const [name, files] of Object.entries(honest)) {
    test(`find nothing in ${name}`, async () => {
      const found = await findings({ files, inputs });
      expect(found.filter(({ verdict }) => verdict !== "clean")).toEqual([]);
    });
  }

  test("findings name file, line and what stands there", async () => {
    const [table, runs] = await findings({ files: cheats["a compressed program"]!.files, inputs });
    expect(runs!.evidence[0]).toMatchObject({ value: expect.stringMatching(/^method\.py:2: exec\(zlib\.decompress/) });
    expect(table!.evidence.map(({ what }) => what)).toContain("unpacks data");
  });

  test("a method of the library brings no files", async () => {
    const { code: _, ...subject } = aCase();
    for (const detector of detectors) {
      expect(await detector.audit(subject, { signal })).toMatchObject({ verdict: "clean" });
    }
  });

  test("law: layout and other names change nothing, and no source makes them fail", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.constantFrom(...Object.values(cheats)),
        async (noise, { files, by }) => {
          await findings({ files: { "method.py": noise, "f.py": `f"{${noise}}"\n'''${noise}` }, inputs: [] });
          const source = files["method.py"] as string;
          const other = { ...files, "method.py": `# a comment\n\n\n${source.replaceAll("predict", "forecast")}\n` };
          expect(await raised({ files: other, inputs })).toEqual(by);
        },
      ),
      { numRuns: 12 },
    );
  });
});

test("hostile sources end soon", async () => {
  const sources = [
    'f"{'.repeat(50_000),
    `x = "${"a".repeat(50_000)}=!"`,
    `x = [${"1,".repeat(200_000)}]`,
    "(".repeat(100_000),
    `x = "${"ab_".repeat(100_000)}!"`,
    `import ${"a,".repeat(100_000)}`,
    `x = [${"1,".repeat(2_000_000)}]`,
  ];
  for (const source of sources) {
    const started = performance.now();
    await findings({ files: { "method.py": source }, inputs });
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});

describe("execution in the clean room", () => {
  const code = [{ question: "Reverse a list.", choice: "def reverse(x):\n    return x[::-1]\n" }];

  test("a canary's mark disqualifies", async () => {
    const found = await execution().audit(aCase({ traces: { canaries: ["k7f3"] } }), { signal });
    expect(found).toMatchObject({ verdict: "disqualified", evidence: [{ value: expect.stringContaining("k7f3") }] });
  });

  test("an interpreter is looked at where inputs are programs, and others everywhere", async () => {
    const interpreter = { traces: { processes: { "python3.12": 4 } } };
    expect(await raised({ ...interpreter, inputs: code })).toEqual({ execution: "review" });
    expect(await raised({ ...interpreter, inputs })).toEqual({});
    expect(await raised({ traces: { processes: { curl: 1 } }, inputs })).toEqual({ execution: "review" });
    expect(await raised({ traces: { processes: { lscpu: 1, uname: 2 } }, inputs: code })).toEqual({});
  });

  test("clean says that it clears nobody", async () => {
    expect(await execution().audit(aCase(), { signal })).toMatchObject({
      words: expect.stringContaining("clears nobody"),
    });
  });

  test("a refused request asks for a look", async () => {
    expect(await raised({ traces: { refused: ["connect to 93.184.216.34"] } })).toEqual({ outside: "review" });
  });

  test("a file of a package that only the clean room saw opened asks for a look, with its path", async () => {
    const files = {
      "method.py": `import os\n\n${naive}\nPLACE = ("te" + "sts", "da" + "ta")\nTABLE = open(os.path.join(os.path.dirname(__import__("num" + "py").__file__), *PLACE, "words")).read()\n`,
    };
    expect(await outside().audit(aCase({ files }), { signal })).toMatchObject({ verdict: "clean" });
    const opened = ["reads /env/site-packages/numpy/tests/data/words"];
    const evidence = [{ what: "opened in the clean room", value: opened[0] }];
    const words = "The method opened something that it is not given; see whether it learns from it.";
    expect(await outside().audit(aCase({ files, traces: { opened } }), { signal })).toEqual({
      ...{ detector: "outside", verdict: "review" },
      ...{ words, evidence },
    });
  });
});
