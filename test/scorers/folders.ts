import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SealedScorerOptions } from "../../src/scorers/sealed/index.js";
import { sampleRoom } from "../../src/testing/scorer-cases/room.js";
import { grouped, plain } from "../../src/testing/scorer-cases/samples.js";

/** What a scorer is made of, in folders of its own until it is disposed. */
export function scorerFolders(changes: Partial<SealedScorerOptions> = {}): SealedScorerOptions & Required<Places> {
  const root = mkdtempSync(join(tmpdir(), "w2s-scorer-"));
  return {
    ...{ dir: join(root, "run"), keys: join(root, "keys"), evaluations: 1000, submissions: 1000 },
    ...{ feedback: "exact", testbeds: [plain, grouped], room: sampleRoom() },
    ...changes,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

interface Places extends Disposable {
  readonly keys?: string;
}
