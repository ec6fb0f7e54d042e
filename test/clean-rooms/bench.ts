import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Snapshot, snapshot } from "weak-to-strong";
import type { CleanRequest, CleanRoom, CleanRun } from "../../src/clean-room.js";
import { type SandboxedRoomOptions, sandboxedRoom } from "../../src/clean-rooms/sandboxed.js";
import { pythonStage } from "../../src/clean-rooms/stage.js";
import { homePython, projectHome } from "../../src/home.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { testbed as words, wordTrainer } from "../server/world.js";

export const python = process.env.W2S_PYTHON || homePython(projectHome());

/** A submission of one file. */
export function codeOf(content: string, file = "method.py"): Snapshot {
  return snapshot([{ path: file, executable: false, content: Buffer.from(content) }]);
}

export const method = (fit: string, predict: string): Snapshot =>
  codeOf(`import os, sys\ndef fit(context):\n    ${fit}\ndef predict(context, inputs):\n    ${predict}\n`);

export const half = "return [[0.5, 0.5]] * len(inputs)";

export interface Bench extends AsyncDisposable {
  readonly room: CleanRoom & AsyncDisposable;
  readonly dir: string;
  run(snapshot: Snapshot, more?: Partial<CleanRequest>, signal?: AbortSignal): Promise<CleanRun>;
}

/** A clean room in bubblewrap over the testbed of words; its trainer is in this process. */
export async function bench(options: Partial<SandboxedRoomOptions> = {}): Promise<Bench> {
  const dir = join(mkdtempSync(join(tmpdir(), "w2s-room-")), "room");
  const provider = bubblewrap();
  const { name, kind, classes, train, development, student, models } = words;
  const room = sandboxedRoom({
    ...{ dir, provider, trainer: wordTrainer(), stage: await pythonStage(python, true) },
    testbeds: [{ name, kind, classes, train, student, models, test: development.dataset }],
    seconds: { fit: 30, predict: 30 },
    ...options,
  });
  return {
    room,
    dir,
    run: (snapshot, more = {}, signal) =>
      room.run(
        {
          code: { type: "program", snapshot, file: "method.py" },
          testbed: "words",
          seed: 7,
          weakLabels: words.weakLabels(0),
          rows: Int32Array.of(5, 0, 99, 3),
          ...more,
        },
        signal ? { signal } : {},
      ),
    async [Symbol.asyncDispose]() {
      await room[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      rmSync(join(dir, ".."), { recursive: true, force: true });
    },
  };
}
