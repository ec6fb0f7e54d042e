import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { dataset, type Input } from "../data/dataset.js";
import { decodeFrame, encodeFrame, filled } from "../data/frame.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import type { RoomTestbed } from "./defaults.js";

/** What the clean room needs to run a submission again when the program that made the lab is not at hand. */
export interface KeptRoom {
  readonly testbed: RoomTestbed;
  readonly sealedSeeds: readonly number[];
  /** One a sealed seed. */
  readonly weakLabels: readonly Matrix[];
}

const isMatrix = z.custom<Matrix>((value) => (value as Matrix)?.data instanceof Float32Array);
const inputs = z.array(z.record(z.string(), z.unknown())).transform((list) => list as unknown as Input[]);
const model = z.looseObject({ type: z.string() }).transform((spec) => spec as unknown as ModelSpec);
const schema = z.object({
  name: z.string(),
  kind: z.enum(["classification", "preference", "verification"]),
  classes: z.array(z.string()),
  train: z.object({
    inputs,
    ids: z.array(z.string()),
    groups: z.instanceof(Int32Array).exactOptional(),
    answers: z.array(z.string().nullable()).exactOptional(),
  }),
  test: inputs,
  student: model,
  models: z.record(z.string(), model),
  sealedSeeds: z.array(z.int()),
  weakLabels: z.array(isMatrix),
});

/** Keeps it in a folder of the scorer's: inputs that no agent has seen, and no label of anybody but weak teachers. */
export async function keepRoom(folder: string, { testbed, sealedSeeds, weakLabels }: KeptRoom): Promise<void> {
  const { name, kind, classes, train, test, student, models } = testbed;
  const { ids, groups, answers } = train;
  const message = {
    ...{ name, kind, classes, student, models, sealedSeeds, weakLabels },
    train: {
      inputs: train.dataset.inputs,
      ids,
      ...(groups && { groups }),
      ...(answers && { answers: answers.map((answer) => answer ?? null) }),
    },
    test: test.inputs,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.w2s`);
  await writeFile(`${file}.tmp`, encodeFrame(message), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** Throws `not_found` where nothing was kept, `bad_input` for what is damaged. */
export function keptRooms(folder: string): KeptRoom[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((name) => name.endsWith(".w2s"));
  } catch (cause) {
    const message = `There is nothing to run submissions again with in ${folder}.`;
    throw new WeakToStrongError("not_found", message, { cause });
  }
  return files.map((name) => {
    const file = join(folder, name);
    try {
      const { header, blobs } = decodeFrame(readFileSync(file));
      const { train, test, sealedSeeds, weakLabels, ...rest } = schema.parse(filled(header, blobs));
      const { ids, groups, answers } = train;
      const split = {
        dataset: dataset(train.inputs),
        ids,
        ...(groups && { groups }),
        ...(answers && { answers: answers.map((answer) => answer ?? undefined) }),
      };
      return { testbed: { ...rest, train: split, test: dataset(test) }, sealedSeeds, weakLabels };
    } catch (cause) {
      throw new WeakToStrongError("bad_input", `${file} is damaged: ${(cause as Error).message}.`, { cause });
    }
  });
}
