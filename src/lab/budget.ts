import type { BudgetLeft } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { BudgetName } from "./entries.js";
import { budgetWords } from "./status.js";

/** Limits of a lab or an agent; what is left out is unlimited. */
export type Limits = Partial<Record<BudgetName, number>>;

/** Those without which an agent can do nothing more: when they come to an end, so does its work. */
const vital: readonly BudgetName[] = ["usd", "tokens", "hours"];

/** At this share of a budget an agent is warned. */
const warnAt = 0.8;
/** At this share of dollars, tokens or hours work stops; what is left is for writing up. */
const stopAt = 0.95;

/** An amount that is held back while a call runs. */
export interface Reservation {
  /** Ends it: what was spent has been told by `spend`. */
  release(): void;
}

/** What a budget says of itself when a share is passed, once each. */
export type BudgetAlarm = (alarm: {
  readonly budget: BudgetName;
  readonly of: "agent" | "lab";
  readonly state: "warning" | "stop";
}) => void;

/** Budget of a lab, or of one of its agents: what an agent spends counts in both. */
export class Budget {
  readonly #limits: Limits;
  readonly #parent: Budget | undefined;
  readonly #spent = new Map<BudgetName, number>();
  readonly #reserved = new Map<BudgetName, number>();

  constructor(limits: Limits, parent?: Budget) {
    this.#limits = limits;
    this.#parent = parent;
  }

  /** What has been spent so far; can exceed a limit only by what no maximum had been known for. */
  spent(name: BudgetName): number {
    return this.#spent.get(name) ?? 0;
  }

  limit(name: BudgetName): number | undefined {
    return this.#limits[name];
  }

  /** Hours are each agent's own: those of the lab go by its clock ({@link reach}). */
  spend(name: BudgetName, amount: number): void {
    this.#spent.set(name, this.spent(name) + amount);
    if (name !== "hours") this.#parent?.spend(name, amount);
  }

  /** So much has been spent by now. */
  reach(name: BudgetName, total: number): void {
    this.#spent.set(name, Math.max(this.spent(name), total));
  }

  /** Holds back amounts, or throws `exhausted`, naming the budget, and holds back nothing. */
  reserve(amounts: Limits): Reservation {
    for (const [name, amount] of entriesOf(amounts)) {
      const [left, of] = this.#leastLeft(name);
      if (amount > left) throw exhausted(name, amount, left, of, this.#held(name));
    }
    this.#hold(amounts, 1);
    let held = true;
    return {
      release: () => {
        if (held) this.#hold(amounts, -1);
        held = false;
      },
    };
  }

  /** Throws `exhausted` where nothing of the budget is left. */
  require(name: BudgetName): void {
    const [left, of] = this.#leastLeft(name);
    if (left <= 0) throw exhausted(name, undefined, left, of);
  }

  /** What is left here or in the lab, whichever is less. */
  left(): BudgetLeft {
    const names = Object.keys(budgetWords) as BudgetName[];
    const finite = names.map((name) => [name, this.#leastLeft(name)[0]] as const).filter(([, left]) => left < Infinity);
    return {
      ...Object.fromEntries(finite.map(([name, left]) => [name, Math.max(0, left)])),
      closing: this.closing() !== undefined,
    };
  }

  /** The budget that has brought work to its end, if one has. */
  closing(): { readonly budget: BudgetName; readonly of: "agent" | "lab" } | undefined {
    for (const budget of vital) {
      if (this.#share(budget) >= stopAt) return { budget, of: this.#parent ? "agent" : "lab" };
    }
    return this.#parent?.closing();
  }

  /** Every budget of this agent and its lab of which a share has been passed. */
  alarms(): readonly Parameters<BudgetAlarm>[0][] {
    const of = this.#parent ? "agent" : "lab";
    const own = (Object.keys(this.#limits) as BudgetName[]).flatMap((budget) => {
      const share = this.#share(budget);
      const end = vital.includes(budget) ? stopAt : 1;
      return [
        ...(share >= warnAt ? [{ budget, of, state: "warning" } as const] : []),
        ...(share >= end ? [{ budget, of, state: "stop" } as const] : []),
      ];
    });
    return [...own, ...(this.#parent?.alarms() ?? [])];
  }

  #held(name: BudgetName): number {
    return Math.max(this.#reserved.get(name) ?? 0, this.#parent ? this.#parent.#held(name) : 0);
  }

  #share(name: BudgetName): number {
    const limit = this.#limits[name];
    if (limit === undefined) return 0;
    return limit > 0 ? this.spent(name) / limit : 1;
  }

  #leastLeft(name: BudgetName): [left: number, of: "agent" | "lab"] {
    const limit = this.#limits[name] ?? Infinity;
    const own = limit - this.spent(name) - (this.#reserved.get(name) ?? 0);
    const above = this.#parent ? this.#parent.#leastLeft(name)[0] : Infinity;
    if (above < own) return [above, "lab"];
    return [own, this.#parent ? "agent" : "lab"];
  }

  #hold(amounts: Limits, sign: 1 | -1): void {
    for (const [name, amount] of entriesOf(amounts))
      this.#reserved.set(name, (this.#reserved.get(name) ?? 0) + sign * amount);
    if (this.#parent) this.#parent.#hold(amounts, sign);
  }
}

function entriesOf(amounts: Limits): [BudgetName, number][] {
  return Object.entries(amounts) as [BudgetName, number][];
}

function exhausted(
  name: BudgetName,
  amount: number | undefined,
  left: number,
  of: "agent" | "lab",
  held = 0,
): WeakToStrongError {
  const whose = of === "agent" ? "your own budget" : "the whole lab's budget";
  const rest = Math.max(0, Number(left.toPrecision(3)));
  const asked = amount === undefined ? "" : `; this may take up to ${Number(amount.toPrecision(3))}`;
  const back = held > 0 ? ` (${Number(held.toPrecision(3))} more are held back for calls that are under way)` : "";
  return new WeakToStrongError("exhausted", `${rest} ${budgetWords[name]} are left in ${whose}${back}${asked}.`);
}
