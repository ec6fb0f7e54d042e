/** What a test runner hands to a test; both vitest's and node:test's have `skip`. */
export interface SuiteContext {
  skip?(reason: string): void;
}

/** One thing that every backend of a contract promises. */
export interface SuiteCase {
  readonly name: string;
  /** Rejects with an `AssertionError` where the promise is broken. Skips, with the reason, what does not apply. */
  run(context?: SuiteContext): Promise<void>;
}

/** Ends a case that does not apply. */
export class Skip {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A case whose body throws {@link Skip} where it does not apply. */
export function suiteCase(name: string, body: () => Promise<void>): SuiteCase {
  return {
    name,
    async run(context) {
      try {
        await body();
      } catch (error) {
        if (!(error instanceof Skip)) throw error;
        context?.skip?.(error.reason);
      }
    },
  };
}
