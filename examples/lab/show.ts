import type { LabRun } from "weak-to-strong/lab";

/** Prints what a lab tells, one line an event that a person would want to see. */
export async function showTeam(team: LabRun): Promise<void> {
  const started = Date.now();
  const say = (line: string): void =>
    console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  for await (const event of team) {
    switch (event.type) {
      case "prepared":
        say(`${event.testbed}: teachers, ceilings and baselines are there`);
        break;
      case "agent":
        if (event.event.type === "text") say(`${event.agent}: ${event.event.text}`);
        if (event.event.type === "notice") say(`${event.agent}: (${event.event.message})`);
        break;
      case "evaluated": {
        const { method, score: told } = event.evaluation;
        const pgr = told?.pgr;
        const score = pgr ? (pgr.status === "ok" ? `PGR ${pgr.estimate.toFixed(2)}` : "no PGR") : "not better";
        say(`${event.agent}: ${method}: ${score}`);
        break;
      }
      case "submitted": {
        const { id, method, outcome } = event.submission;
        say(`${event.agent}: submitted ${method} as ${id}: ${outcome}`);
        break;
      }
      case "auditing":
        say(`the audit looks at ${event.submission}: ${event.detectors.join(", ")}`);
        break;
      case "agent-ended":
        say(`${event.agent} ${event.state}: ${event.summary}`);
        break;
      case "notice":
        say(`${event.agent ?? "lab"}: ${event.message}`);
        break;
    }
  }
}
