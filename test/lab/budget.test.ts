import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/lab/budget.js";

const amount = fc.double({ min: 0, max: 10, noNaN: true });

describe("a budget", () => {
  test("is never overspent by reservations: the agents' together stay within the lab's, each within its own", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(2), maximum: amount, share: fc.double({ min: 0, max: 1, noNaN: true }) })),
        (calls) => {
          const lab = new Budget({ usd: 20 });
          const agents = [0, 1, 2].map(() => new Budget({ usd: 8 }, lab));
          for (const { who, maximum, share } of calls) {
            const agent = agents[who]!;
            try {
              const held = agent.reserve({ usd: maximum });
              agent.spend("usd", maximum * share);
              held.release();
            } catch {
              expect(Math.min(20 - lab.spent("usd"), 8 - agent.spent("usd"))).toBeLessThan(maximum);
            }
            expect(agent.spent("usd")).toBeLessThanOrEqual(8 + 1e-9);
          }
          const sum = agents.reduce((total, agent) => total + agent.spent("usd"), 0);
          expect(lab.spent("usd")).toBeCloseTo(sum, 9);
          expect(lab.spent("usd")).toBeLessThanOrEqual(20 + 1e-9);
        },
      ),
    );
  });

  test("what is held back counts until it is released, for the whole lab", () => {
    const lab = new Budget({ usd: 10 });
    const [one, other] = [new Budget({}, lab), new Budget({}, lab)];
    const held = one.reserve({ usd: 7 });
    expect(() => other.reserve({ usd: 4 })).toThrow(
      /3 dollars are left in the whole lab's budget \(7 more are held back for calls that are under way\); this may take up to 4/,
    );
    held.release();
    held.release();
    other.reserve({ usd: 10 });
    expect(() => one.reserve({ usd: 0.1 })).toThrow("0 dollars");
  });

  test("a refused reservation holds nothing back", () => {
    const budget = new Budget({ usd: 10, tokens: 100 });
    expect(() => budget.reserve({ usd: 1, tokens: 101 })).toThrow("100 tokens");
    expect(budget.left()).toEqual({ usd: 10, tokens: 100, closing: false });
  });

  test("warns at four fifths, stops work at 95 hundredths of dollars, tokens or hours, and elsewhere at the end", () => {
    const budget = new Budget({ usd: 100, evaluations: 10 });
    budget.spend("usd", 79);
    budget.spend("evaluations", 9);
    expect(budget.alarms()).toEqual([{ budget: "evaluations", of: "lab", state: "warning" }]);
    budget.spend("usd", 16);
    expect(budget.closing()).toEqual({ budget: "usd", of: "lab" });
    expect(budget.left()).toEqual({ usd: 5, evaluations: 1, closing: true });
    budget.spend("evaluations", 1);
    expect(budget.alarms()).toHaveLength(4);
    expect(() => budget.require("evaluations")).toThrow(/0 evaluations are left/);
  });

  test("an agent's hours are its own; the lab's go by its clock", () => {
    const lab = new Budget({ hours: 2 });
    const agent = new Budget({ hours: 5 }, lab);
    agent.spend("hours", 1.5);
    expect(lab.spent("hours")).toBe(0);
    lab.reach("hours", 1);
    lab.reach("hours", 0.5);
    expect(agent.left().hours).toBe(1);
  });
});
