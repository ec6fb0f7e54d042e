import type { Checkpoint, Cost, FitResult } from "../trainer.js";

/** What one unit's calls cost and left; a fit shared with other units counts in each. */
export interface Meter {
  add(result: Pick<FitResult, "cost"> & Partial<Pick<FitResult, "checkpoint">>): void;
  cost(): Cost;
  /** A checkpoint of this unit's, by its id. */
  checkpoint(id: string | undefined): Checkpoint | undefined;
}

/** What all fits of an experiment cost, each counted once. */
export interface Ledger {
  meter(method: string, seed: number): Meter;
  /** Of a fit. */
  pay(cost: Cost): void;
  /** Of another call. */
  spend(cost: Cost): void;
  total(): { readonly seconds: number; readonly tokens: number; readonly fits: number; readonly cachedFits: number };
}

export function newLedger(): Ledger {
  const paid: Cost[] = [];
  const spent: Cost[] = [];
  const meters = new Map<string, Meter>();
  return {
    meter(method, seed) {
      const name = JSON.stringify([method, seed]);
      const meter = meters.get(name) ?? newMeter();
      meters.set(name, meter);
      return meter;
    },
    pay(cost) {
      paid.push(cost);
    },
    spend(cost) {
      spent.push(cost);
    },
    total() {
      const freshFits = paid.filter(({ cached }) => !cached);
      const fresh = [...freshFits, ...spent];
      return {
        seconds: fresh.reduce((total, cost) => total + cost.seconds, 0),
        tokens: fresh.reduce((total, cost) => total + cost.tokens, 0),
        fits: paid.length,
        cachedFits: paid.length - freshFits.length,
      };
    },
  };
}

function newMeter(): Meter {
  const costs: Cost[] = [];
  const checkpoints = new Map<string, Checkpoint>();
  return {
    add({ cost, checkpoint }) {
      costs.push(cost);
      if (checkpoint) checkpoints.set(checkpoint.id, checkpoint);
    },
    cost: () => ({
      seconds: costs.reduce((total, cost) => total + cost.seconds, 0),
      tokens: costs.reduce((total, cost) => total + cost.tokens, 0),
      device: costs[0]?.device ?? "none",
      ...(costs.length > 0 && costs.every((cost) => cost.cached) && { cached: true }),
    }),
    checkpoint: (id) => (id === undefined ? undefined : checkpoints.get(id)),
  };
}
