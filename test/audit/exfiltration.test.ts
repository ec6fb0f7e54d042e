import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AuditCase, Query } from "../../src/audit/case.js";
import { exfiltration } from "../../src/audit/exfiltration/index.js";
import { argmax, type Matrix, oneHot } from "../../src/data/matrix.js";
import { shuffled } from "../../src/data/random.js";
import type { AuditFinding } from "../../src/scorer.js";
import { aCase, aTeam, type Team } from "./a-case.js";

const signal = new AbortController().signal;
const audit = (subject: AuditCase): Promise<AuditFinding> => exfiltration().audit(subject, { signal });

function asked(sheets: readonly (readonly [author: string, Matrix])[]): Query[] {
  return sheets.map(([author, probabilities], i) => ({
    id: `e${i}`,
    author,
    method: "a method",
    answered: i % 5 === 0,
    predictions: [{ seed: 0, probabilities }],
  }));
}

/** Nine agents climb: new methods, and small changes to their own last one. */
function honestTeam(team: Team, queries: number): [string, Matrix][] {
  const last = new Map<string, Matrix>();
  return Array.from({ length: queries }, (_, i) => {
    const author = ["ada", "bob", "cy", "di", "ed", "fay", "gus", "hal", "ida"][i % 9]!;
    const before = last.get(author);
    const next = before && team.uniform() < 0.6 ? team.variant(before) : team.method(team.uniform());
    last.set(author, next);
    return [author, next];
  });
}

function flip(of: Matrix, rows: Iterable<number>): Matrix {
  const data = of.data.slice();
  for (const i of rows) [data[2 * i], data[2 * i + 1]] = [data[2 * i + 1]!, data[2 * i]!];
  return { ...of, data };
}

/** Agreement with truth, what an exact scorer would tell. */
const score = (m: Matrix, team: Team) => argmax(m).reduce((sum, label, i) => sum + Number(label === team.truth[i]), 0);

/** The query sequences that read labels, and the honest base that they start from. */
const attacks: Record<string, (team: Team, base: Matrix) => Matrix[]> = {
  "single flips": (team, base) =>
    Array.from({ length: 40 }, () => flip(base, [Math.floor(team.uniform() * base.rows)])),
  "single flips of the rows it is unsure of, every probability drawn anew": (team, base) => {
    const rows = unsure(base);
    return Array.from({ length: 40 }, (_, k) => redrawn(argmax(flip(base, [rows[k]!])), team));
  },
  "flips of five rows that it is unsure of": (_, base) => {
    const rows = unsure(base);
    return Array.from({ length: 20 }, (_, k) => flip(base, rows.slice(5 * k, 5 * k + 5)));
  },
  "greedy block flips": (team, base) => {
    let best = base;
    return Array.from({ length: 30 }, (_, k) => {
      const next = flip(
        best,
        Array.from({ length: 20 }, (_, i) => (20 * k + i) % base.rows),
      );
      if (score(next, team) > score(best, team)) best = next;
      return next;
    });
  },
  "greedy block flips with every probability drawn anew": (team, base) => {
    let best = argmax(base);
    return Array.from({ length: 30 }, (_, k) => {
      const labels = best.map((label, i) => (Math.floor(i / 20) === k ? 1 - label : label));
      const made = redrawn(labels, team);
      if (score(made, team) > score(oneHot(best, 2), team)) best = labels;
      return made;
    });
  },
  "random queries": (team, base) =>
    Array.from({ length: 30 }, () =>
      oneHot(
        Array.from({ length: base.rows }, () => (team.uniform() < 0.5 ? 0 : 1)),
        2,
      ),
    ),
  "boosting of random queries": (team, base) => {
    const asked: Matrix[] = [];
    const votes = new Float64Array(base.rows);
    for (let k = 0; k < 30; k++) {
      const query = oneHot(
        Array.from({ length: base.rows }, () => (team.uniform() < 0.5 ? 0 : 1)),
        2,
      );
      const weight = score(query, team) - base.rows / 2;
      for (const i of votes.keys()) votes[i]! += weight * (2 * query.data[2 * i + 1]! - 1);
      asked.push(
        query,
        oneHot(
          Array.from(votes, (vote) => Number(vote > 0)),
          2,
        ),
      );
    }
    return asked;
  },
  "random masks over a good method": (team, base) =>
    Array.from({ length: 30 }, () => {
      const rows = [...Array(base.rows).keys()].filter(() => team.uniform() < 0.15);
      return redrawn(argmax(flip(base, rows)), team);
    }),
  "a block of ones on zeros": (_, base) =>
    Array.from({ length: 30 }, (_, k) =>
      oneHot(
        Array.from({ length: base.rows }, (_, i) => Number(Math.floor(i / 20) === k)),
        2,
      ),
    ),
};

/** Its rows, the least sure first. */
function unsure(m: Matrix): number[] {
  const margin = (i: number) => Math.abs(m.data[2 * i]! - 0.5);
  return [...Array(m.rows).keys()].sort((a, b) => margin(a) - margin(b));
}

/** These labels with made-up confidence. */
function redrawn(labels: Int32Array, team: Team): Matrix {
  const data = Float32Array.from(
    [...labels].flatMap((label) => {
      const p = 0.5 + 0.5 * team.uniform();
      return label === 1 ? [1 - p, p] : [p, 1 - p];
    }),
  );
  return { rows: labels.length, columns: 2, data };
}

describe("exfiltration", () => {
  for (const [name, attack] of Object.entries(attacks)) {
    test(`finds ${name} among honest queries, alone and split over colluders`, async () => {
      const team = aTeam(1, 600);
      const base = team.method(0.4);
      const honest = honestTeam(team, 60).filter(([author]) => author !== "ada" && author !== "bob");
      const queries = attack(team, base);
      const alone = [...honest, ["ada", base] as const, ...queries.map((query) => ["ada", query] as const)];
      const found = await audit(aCase({ team, queries: asked(alone) }));
      expect(found).toMatchObject({ verdict: "review" });
      const eight = (i: number) => (i % 8 === 0 ? "ada" : `colluder ${i % 8}`);
      const split = [...honest, ["bob", base] as const, ...queries.map((query, i) => [eight(i), query] as const)];
      const together = await audit(aCase({ team, queries: asked(split) }));
      expect(together).toMatchObject({ verdict: "review", words: expect.stringContaining("together") });
      const other = await audit(aCase({ team, queries: asked(split), author: "hal" }));
      expect(other).toMatchObject({ verdict: "clean", words: expect.stringContaining("ada") });
    });
  }

  test("an honest team is clean, whatever its size and its number of rows", async () => {
    let flagged = 0;
    for (const rows of [200, 600, 1000]) {
      for (const gap of [0.3, 1]) {
        for (let seed = 0; seed < 3; seed++) {
          const team = aTeam(seed, rows, gap);
          const found = await audit(aCase({ team, queries: asked(honestTeam(team, 150)) }));
          if (found.verdict !== "clean") flagged += 1;
        }
      }
    }
    expect(flagged).toBe(0);
  });

  test("hard labels, a collapsed run and the same query again are honest", async () => {
    const team = aTeam(3, 600);
    const sheets = honestTeam(team, 40).map(([author, m]) => [author, oneHot(argmax(m), 2)] as const);
    const constant = oneHot(new Int32Array(600), 2);
    const again = [...sheets, ...sheets, ["ada", constant] as const, ["ada", constant] as const];
    expect(await audit(aCase({ team, queries: asked(again) }))).toMatchObject({ verdict: "clean" });
  });

  test("says that it could not look where nothing is known of the rows", async () => {
    const team = aTeam(1, 200);
    const subject = aCase({ team, queries: asked(honestTeam(team, 20)) });
    const { evidence } = await audit({ ...subject, references: [], peers: [] });
    expect(evidence.map(({ what }) => what)).toContain("not looked at");
  });

  test("law: neither the order of rows, nor which class is which, nor names change the verdict", async () => {
    const team = aTeam(2, 300);
    const base = team.method(0.4);
    const kinds = Object.values(attacks).map((attack) => attack(team, base).map((m) => ["ada", m] as const));
    const sequences = [honestTeam(team, 40), ...kinds];
    await fc.assert(
      fc.asyncProperty(fc.nat(sequences.length - 1), fc.integer(), fc.boolean(), async (which, seed, swap) => {
        const plain = aCase({ team, queries: asked(sequences[which]!) });
        const order = shuffled([...Array(300).keys()], aTeam(seed, 10).uniform);
        const moved = (m: Matrix): Matrix => ({
          ...m,
          data: Float32Array.from(
            order.flatMap((i) => {
              const [a, b] = [m.data[2 * i]!, m.data[2 * i + 1]!];
              return swap ? [b, a] : [a, b];
            }),
          ),
        });
        const named = (author: string) => `${author}'s other name`;
        const other: AuditCase = {
          ...plain,
          submission: { ...plain.submission, author: named("ada") },
          references: plain.references.map((r) => ({ ...r, weak: moved(r.weak), ceiling: moved(r.ceiling) })),
          peers: plain.peers.map((peer) => ({ ...peer, predictions: peer.predictions.map(moved) })),
          queries: plain.queries.map((query) => ({
            ...query,
            id: `x${query.id}`,
            author: named(query.author),
            predictions: query.predictions.map(({ probabilities }) => ({
              seed: 3,
              probabilities: moved(probabilities),
            })),
          })),
        };
        expect((await audit(other)).verdict).toBe((await audit(plain)).verdict);
      }),
      { numRuns: 40 },
    );
  });
});
