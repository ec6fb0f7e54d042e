import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";

/** Why agents cannot be isolated on this machine; undefined where they can. */
export async function noIsolation(): Promise<string | undefined> {
  await using provider = bubblewrap();
  try {
    await provider.capabilities();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What needs isolation, and is left out without it. */
export const isolatedTests: readonly string[] = [
  "test/sandboxes/{bubblewrap,ends,suite-catches}.test.ts",
  "test/lab/{lab,kill,faults,disk-full,sealed,sealed-*}.test.ts",
  "test/clean-rooms/*.test.ts",
  "test/transfer/transfer.test.ts",
  "test/red-team/*.test.ts",
];
export const isolatedExamples: readonly string[] = ["examples/demo-lab.ts"];
