import { WeakToStrongError } from "../errors.js";
import type { Sandbox, SandboxCapabilities, SandboxProvider, SandboxRequest } from "../sandbox.js";

/** What differs between providers. */
export interface ProviderParts<Ground> {
  readonly name: string;
  /** Finds out, at the first call, what all sandboxes need; tried again after it failed. */
  prepare(): Promise<Ground>;
  capabilities(ground: Ground): SandboxCapabilities;
  create(request: SandboxRequest, ground: Ground, calling: { readonly signal?: AbortSignal }): Promise<Sandbox>;
}

/** A provider that is lazy, refuses calls after its disposal, and takes its sandboxes with it. */
export function providerOf<Ground>(parts: ProviderParts<Ground>): SandboxProvider {
  const living = new Set<Sandbox>();
  const making = new Set<Promise<Sandbox>>();
  let ground: Promise<Ground> | undefined;
  let disposed = false;

  const ready = async (signal: AbortSignal | undefined): Promise<Ground> => {
    signal?.throwIfAborted();
    if (disposed) {
      throw new WeakToStrongError("disposed", `The sandbox provider ${parts.name} has been disposed of. Make another.`);
    }
    ground ??= parts.prepare();
    try {
      return await ground;
    } catch (error) {
      ground = undefined;
      throw error;
    }
  };

  return {
    name: parts.name,
    async capabilities({ signal } = {}) {
      return parts.capabilities(await ready(signal));
    },
    async create(request, { signal } = {}) {
      const found = await ready(signal);
      const made = parts.create(request, found, signal ? { signal } : {});
      making.add(made);
      try {
        const sandbox = await made;
        living.add(sandbox);
        const dispose = sandbox[Symbol.asyncDispose].bind(sandbox);
        sandbox[Symbol.asyncDispose] = async () => {
          await dispose();
          living.delete(sandbox);
        };
        return sandbox;
      } finally {
        making.delete(made);
      }
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await Promise.allSettled(making);
      await Promise.all([...living].map((sandbox) => sandbox[Symbol.asyncDispose]()));
    },
  };
}
