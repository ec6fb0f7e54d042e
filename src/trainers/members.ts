import { contentHash } from "../data/canonical.js";
import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import type { Capabilities, Trainer } from "../trainer.js";
import type { Calling } from "./define.js";

/** A trainer of a pool. */
export interface Member {
  readonly trainer: Trainer;
  /** `"http" (2 of 3)`. */
  readonly name: string;
}

/** What a member says of a model: its fingerprint, or why it cannot do it. */
interface Said {
  readonly fingerprint?: string;
  readonly error?: unknown;
  /** It is asked again after this time of `performance.now()`. */
  readonly until: number;
}

interface State extends Member {
  capabilities?: Capabilities;
  /** By the model's hash. */
  readonly models: Map<string, Said>;
  running: number;
  /** Until when (`performance.now()`) others go first, since it could not be reached or died. */
  downUntil: number;
  /** What it said last when it was gone. */
  death?: unknown;
}

interface Waiting {
  readonly candidates: readonly State[];
  readonly resolve: (member: State) => void;
}

/** The members that share the work on a model. */
export interface Sharing {
  readonly fingerprint: string;
  readonly members: readonly Member[];
  /** Who sits out, and why. */
  readonly warnings: readonly string[];
}

const downFor = 30_000;
/** Of so many checkpoints it is remembered who made them; of others all members are asked. */
const checkpoints = 100_000;

/** Whether the member is gone, and not the request at fault. */
export function isDeath(error: unknown): boolean {
  return WeakToStrongError.isInstance(error) && error.code === "worker_died";
}

/** Who can do what in a pool, and who is free. */
export class Members {
  readonly #all: readonly State[];
  readonly #announced = new Map<string, string>();
  readonly #warned = new Set<string>();
  readonly #makers = new Map<string, State>();
  readonly #waiting = new Set<Waiting>();

  constructor(trainers: readonly Trainer[]) {
    this.#all = trainers.map((trainer, index) => ({
      trainer,
      name: `"${trainer.name}" (${index + 1} of ${trainers.length})`,
      models: new Map(),
      running: 0,
      downUntil: 0,
    }));
  }

  /** Of all members that can be reached. Rejects where none can. */
  async capabilities(calling: Calling): Promise<readonly Capabilities[]> {
    const asked = await Promise.allSettled(
      this.#up(this.#all).map(async (member) => {
        try {
          member.capabilities ??= await member.trainer.capabilities(calling);
          return member.capabilities;
        } catch (error) {
          if (isDeath(error)) this.#down(member, error);
          throw error;
        }
      }),
    );
    calling.signal.throwIfAborted();
    const known = asked.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const [failed] = asked.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (known.length === 0) throw failed;
    return known;
  }

  /** Rejects where no member can do the model, or none of those whose fingerprint was announced can be reached. */
  async sharing(model: ModelSpec, calling: Calling): Promise<Sharing> {
    const key = contentHash(model);
    await this.capabilities(calling);
    const up = this.#up(this.#all);
    const asked = await Promise.all(up.map((member) => this.#ask(member, model, key, calling)));
    calling.signal.throwIfAborted();
    const first = asked.find(({ fingerprint }) => fingerprint !== undefined)?.fingerprint;
    const announced = this.#announced.get(key) ?? first;
    const members = up.filter((_, index) => announced !== undefined && asked[index]!.fingerprint === announced);
    if (announced === undefined || members.length === 0) throw this.#nobody(up, asked, announced);
    this.#announced.set(key, announced);
    const warnings = up.flatMap((member, index) => {
      const { fingerprint, error } = asked[index]!;
      if (members.includes(member)) return [];
      const why = fingerprint === undefined ? `it says: ${words(error)}` : `it would give other bits (${fingerprint})`;
      return [
        `The trainer ${member.name} of the pool sits out for a model: ${why}. The others work under: ${announced}`,
      ];
    });
    for (const member of this.#all) if (!up.includes(member)) warnings.push(this.absence(member));
    return { fingerprint: announced, members, warnings };
  }

  /** The fingerprint of one member for a model. */
  async fingerprint(member: Member, model: ModelSpec, calling: Calling): Promise<string | undefined> {
    return (await this.#ask(this.#state(member), model, contentHash(model), calling)).fingerprint;
  }

  /** The fingerprint under which the pool works on a model, once it has begun to. */
  announced(model: ModelSpec): string | undefined {
    return this.#announced.get(contentHash(model));
  }

  /** What is said of a member that is gone. */
  absence(member: Member): string {
    return `The trainer ${member.name} of the pool is not there, and the others do its work: ${words(this.#state(member).death)}`;
  }

  /** Whether this is said for the first time. */
  isNews(warning: string): boolean {
    if (this.#warned.has(warning)) return false;
    this.#warned.add(warning);
    return true;
  }

  /** What the member had said of this model is no longer so. */
  forget(member: Member, model: ModelSpec): void {
    this.#state(member).models.delete(contentHash(model));
  }

  /** Runs `work` on the candidate with the most room, as soon as one has some. */
  async run<T>(candidates: readonly Member[], calling: Calling, work: (member: Member) => Promise<T>): Promise<T> {
    const member = await this.#free(
      candidates.map((candidate) => this.#state(candidate)),
      calling.signal,
    );
    try {
      const result = await work(member);
      member.downUntil = 0;
      return result;
    } catch (error) {
      if (isDeath(error)) this.#down(member, error);
      throw error;
    } finally {
      member.running--;
      this.#next();
    }
  }

  /** The members that may have a checkpoint, likeliest first. */
  holders(checkpoint: string): readonly Member[] {
    const maker = this.#makers.get(checkpoint);
    return maker ? [maker] : this.#all;
  }

  made(checkpoint: string, member: Member): void {
    if (this.#makers.size >= checkpoints) this.#makers.clear();
    this.#makers.set(checkpoint, this.#state(member));
  }

  async #ask(member: State, model: ModelSpec, key: string, calling: Calling): Promise<Said> {
    const known = member.models.get(key);
    if (known && performance.now() < known.until) return known;
    try {
      const fingerprint = await member.trainer.fingerprint(model, calling);
      const answer = { fingerprint, until: Number.POSITIVE_INFINITY };
      member.models.set(key, answer);
      return answer;
    } catch (error) {
      calling.signal.throwIfAborted();
      if (isDeath(error)) this.#down(member, error);
      const answer = { error, until: performance.now() + downFor };
      if (!isDeath(error)) member.models.set(key, answer);
      return answer;
    }
  }

  #nobody(up: readonly State[], asked: readonly Said[], announced: string | undefined): unknown {
    const [error] = asked.flatMap((answer) => (answer.error ? [answer.error] : []));
    if (announced === undefined) return error;
    const others = up.map(({ name }, index) => `${name}: ${asked[index]!.fingerprint ?? words(asked[index]!.error)}`);
    return new WeakToStrongError(
      "worker_died",
      `No trainer of the pool that can be reached answers for this model as before (${announced}); found ${others.join("; ")}. Another one would give other bits: start the one that is gone again, or make a new pool.`,
      { cause: error },
    );
  }

  #free(candidates: readonly State[], signal: AbortSignal): Promise<State> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<State>();
    const waiting: Waiting = { candidates, resolve };
    const abort = (): void => {
      this.#waiting.delete(waiting);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.add(waiting);
    this.#next();
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Gives free members to those who wait, first come first served. */
  #next(): void {
    for (const waiting of this.#waiting) {
      const room = ({ capabilities, running }: State): number => (capabilities?.parallel ?? 1) - running;
      const best = this.#up(waiting.candidates).toSorted((a, b) => room(b) - room(a))[0];
      if (!best || room(best) <= 0) continue;
      best.running++;
      this.#waiting.delete(waiting);
      waiting.resolve(best);
    }
  }

  /** Those that are not known to be down; all, where every one is. */
  #up(members: readonly State[]): readonly State[] {
    const now = performance.now();
    const up = members.filter(({ downUntil }) => downUntil <= now);
    return up.length > 0 ? up : members;
  }

  #down(member: State, death: unknown): void {
    member.downUntil = performance.now() + downFor;
    member.death = death;
  }

  #state(member: Member): State {
    return this.#all.find((state) => state.trainer === member.trainer)!;
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
