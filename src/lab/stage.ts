import { globSync } from "node:fs";
import { cp, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { homePython, projectHome } from "../home.js";
import { packagePath } from "../package-root.js";
import type { Mount } from "../sandbox.js";
import { layInFiles } from "../server/lay-in.js";
import type { LabTestbed } from "../server/testbeds.js";
import type { Testbed } from "../testbed/testbed.js";
import { findWeights, insideOf, interpreter, pythonMounts, type RoomStage } from "./defaults.js";
import { type MountFinding, type SearchedSource, searchMounts } from "./search-mounts.js";

/** What every sandbox of a lab is given besides its own `/work`. */
export interface Stage {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** On the host. */
  readonly folder: string;
  /** The same folder, as agents know it: `/lab`. */
  readonly inside: string;
  /** What is mounted of the host besides `folder`, before anything of it is hidden; nothing without isolation. */
  readonly open: readonly Required<Mount>[];
  /** What was found of the testbeds in what is mounted; hidden where the sandbox can hide anything. */
  readonly found: readonly MountFinding[];
  /** What could not be looked into, for a person to read. */
  readonly unread: readonly string[];
  /** What the clean room's sandboxes are given: the same interpreter and weights, and nothing of the lab. */
  readonly room: RoomStage;
  /** Folders inside sandboxes with pretrained weights, by testbed and model. */
  readonly weights: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Lays in inputs and weak labels, the baselines' code and background reading; and finds the Python inside. */
export async function setStage(options: {
  readonly dir: string;
  readonly testbeds: readonly LabTestbed[];
  readonly sources: readonly Testbed[];
  readonly mounts: readonly Mount[];
  readonly python: string | undefined;
  /** Folders of the host that every sandbox can read. */
  readonly hostFolders: readonly string[];
  /** Without isolation everything is where it is: nothing can be shown elsewhere, and nothing hidden. */
  readonly isolated: boolean;
  readonly signal: AbortSignal;
}): Promise<Stage> {
  const { dir, isolated, signal } = options;
  const folder = join(dir, "shared");
  const python = options.python ?? defaultPython();
  const weights = await findWeights(options.testbeds, python, isolated, signal);
  for (const testbed of options.testbeds) {
    const files = layInFiles(testbed, weights.folderOf(testbed));
    for (const { path, content } of files) await put(join(folder, "data", path), content);
  }
  await copy(packagePath("python", "w2s_trainer"), join(folder, "python", "w2s_trainer"));
  await copy(packagePath("python", "w2s_trainer", "lab", "baselines"), join(folder, "baselines"));
  for (const page of ["methods", "pgr", "method-authors"]) {
    await copy(packagePath("docs", `${page}.md`), join(folder, "reading", `${page}.md`));
  }
  await mkdir(join(folder, "forum"), { recursive: true });
  const mounts = [...(await pythonMounts(python)), ...weights.mounts, ...options.mounts].map(insideOf);
  const { hostFolders, sources } = options;
  const searched = await searchStage({ mounts, hostFolders, isolated, testbeds: sources, signal });
  const inside = isolated ? "/lab" : folder;
  const given = isolated ? [...mounts, ...(await hiddenPlaces(dir, searched.findings))] : [];
  const found = interpreter(python, isolated);
  return {
    folder,
    inside,
    weights: Object.fromEntries(options.testbeds.map((testbed) => [testbed.name, weights.folderOf(testbed)])),
    room: { ...found, mounts: given },
    open: isolated ? mounts : [],
    found: searched.findings,
    unread: searched.unread,
    // Without isolation everything is in its place already.
    mounts: isolated ? [{ source: folder, target: inside }, ...given] : [],
    env: { ...found.env, PYTHONPATH: join(inside, "python"), W2S_DATA: join(inside, "data") },
  };
}

/** Where no Python is named. */
export function defaultPython(): string {
  return process.env.W2S_PYTHON || homePython(projectHome());
}

/** Looks for inputs of testbeds in what sandboxes can read: what is mounted, and packages of the host. */
export async function searchStage(options: {
  readonly mounts: readonly Mount[];
  readonly hostFolders: readonly string[];
  readonly isolated: boolean;
  readonly testbeds: readonly SearchedSource[];
  readonly signal: AbortSignal;
}): Promise<{
  readonly findings: readonly MountFinding[];
  /** What could not be looked into or for, in words. */
  readonly unread: readonly string[];
}> {
  const { mounts, hostFolders, isolated, testbeds, signal } = options;
  const { findings, unread, without } = await searchMounts({
    mounts: [...mounts, ...packagesIn(isolated ? hostFolders : [])],
    testbeds,
    cache: join(projectHome(), "mounts"),
    signal,
  });
  const [first] = unread;
  return {
    findings,
    unread: [
      ...(first
        ? [
            `${unread.length} files that sandboxes can read could not be searched for the testbeds' inputs, such as ${first.source}: ${first.why}.`,
          ]
        : []),
      ...without.map(
        ({ testbed, inputs }) => `${inputs} inputs of ${testbed} are too short or plain to be searched for.`,
      ),
    ],
  };
}

/** Where a system keeps packages that may come with data. The rest of it is programs, and takes minutes to search. */
function packagesIn(folders: readonly string[]): Mount[] {
  const places = ["lib/python3*/dist-packages", "lib/python3*/site-packages", "lib/node_modules", "share/nltk_data"];
  return folders
    .flatMap((folder) => places.flatMap((place) => globSync(join(folder, place))))
    .map((source) => ({ source }));
}

/** Something empty in the place of each. Inside a folder that is empty nothing is left to cover, and nothing can be mounted. */
export async function hiddenPlaces(dir: string, found: readonly MountFinding[]): Promise<Mount[]> {
  const empty = join(dir, "empty");
  await mkdir(join(empty, "folder"), { recursive: true });
  await put(join(empty, "file"), "");
  const folders = found.filter(({ type }) => type === "folder").map(({ target }) => `${target}/`);
  const outermost = found.filter(({ target }) => !folders.some((folder) => target.startsWith(folder)));
  const types = new Map(outermost.map(({ target, type }) => [target, type]));
  return [...types].map(([target, type]) => ({ source: join(empty, type), target }));
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, force: true, filter: (path) => !path.includes("__pycache__") });
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
