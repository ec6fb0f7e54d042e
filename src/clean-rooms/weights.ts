import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { type ModelSpec, pretrainedOf } from "../models/model.js";
import { packagePath } from "../package-root.js";
import type { Mount } from "../sandbox.js";
import type { LabTestbed } from "../server/testbeds.js";

/** Whose models are meant. */
type Listed = Pick<LabTestbed, "student" | "models">;

/** Where pretrained weights lie for agents' own code. */
export interface Weights {
  /** By testbed, then by the model's name: a folder inside the sandbox. */
  folderOf(testbed: Listed): Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

const script = `
import json, sys
from w2s_trainer.models import Pretrained
from w2s_trainer.pretrained.locate import locate
found = []
for spec in json.load(sys.stdin):
    try:
        found.append(str(locate(Pretrained(**spec)).folder.resolve()))
    except Exception:
        found.append(None)
json.dump(found, sys.stdout)
`;

/**
 * Asks the Python that trains where the weights of every listed model lie. One that has none, or whose weights are not on
 * this machine, has no folder; the trainer itself says why when it is asked for the model.
 */
export async function findWeights(
  testbeds: readonly Listed[],
  python: string,
  isolated: boolean,
  signal: AbortSignal,
): Promise<Weights> {
  const specs = testbeds.flatMap((testbed) => Object.values(modelsOf(testbed)));
  const pretrained = new Map(
    specs.flatMap((spec) => {
      const model = pretrainedOf(spec);
      return model ? [[JSON.stringify(model), model] as const] : [];
    }),
  );
  const folders = await locate([...pretrained.values()], python, signal);
  const inside = new Map<string, string>();
  const mounts: Mount[] = [];
  for (const [index, key] of [...pretrained.keys()].entries()) {
    const source = folders[index];
    if (!source) continue;
    const target = isolated ? `/models/${index}` : source;
    inside.set(key, target);
    if (isolated) mounts.push({ source, target });
  }
  return {
    mounts,
    folderOf: (testbed) =>
      Object.fromEntries(
        Object.entries(modelsOf(testbed)).flatMap(([name, spec]) => {
          const folder = inside.get(JSON.stringify(pretrainedOf(spec)));
          return folder ? [[name, folder]] : [];
        }),
      ),
  };
}

function modelsOf({ student, models }: Listed): Readonly<Record<string, ModelSpec>> {
  return { student, ...models };
}

async function locate(models: readonly object[], python: string, signal: AbortSignal) {
  if (models.length === 0) return [];
  const running = promisify(execFile)(python, ["-c", script], {
    env: { ...process.env, PYTHONPATH: packagePath("python"), HF_HUB_OFFLINE: "1" },
    signal,
  });
  running.child.stdin?.end(JSON.stringify(models));
  const { stdout } = await running;
  return z.array(z.string().nullable()).length(models.length).parse(JSON.parse(stdout));
}
