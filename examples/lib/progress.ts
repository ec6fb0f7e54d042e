import type { experiment } from "weak-to-strong";

/** Shows an experiment's progress with the time left: one line that is rewritten on a terminal, a few lines elsewhere. */
export async function showProgress(run: ReturnType<typeof experiment>): Promise<void> {
  const { isTTY, columns } = process.stderr;
  const every = isTTY ? 100 : 10_000;
  let shown = performance.now();
  let begun = performance.now();
  let line = "";
  let part = "";
  let done = 0;
  for await (const event of run) {
    if (event.type === "warning") console.warn(`warning: ${event.message}`);
    if (event.type === "unit" || event.type === "unit-failed") {
      if (done === 0) begun = performance.now();
      const left = ((performance.now() - begun) / Math.max(1, done)) * (event.units - event.done);
      done++;
      line = `${event.done} of ${event.units} fits${done > 3 ? `, about ${duration(left)} left` : ""}`;
    }
    if (event.type === "progress" && event.stage === "load") line = "loading the pretrained model";
    if (event.type === "progress" && event.stage === "features") {
      const name = `${event.of}`;
      if (name !== part) {
        part = name;
        begun = performance.now();
        done = 0;
      }
      const left = ((performance.now() - begun) / Math.max(1, event.step)) * (event.of - event.step);
      const speed = event.tokensPerSecond
        ? `, ${Math.round(event.tokensPerSecond).toLocaleString("en")} tokens a second`
        : "";
      line = `reading ${event.step.toLocaleString("en")} of ${event.of.toLocaleString("en")} inputs${speed}, about ${duration(left)} left for this split`;
    }
    if (performance.now() - shown < every || line === "") continue;
    shown = performance.now();
    if (isTTY) process.stderr.write(`\r\u001b[2K  ${line.slice(0, (columns || 80) - 3)}`);
    else process.stderr.write(`  ${line}\n`);
  }
  if (isTTY) process.stderr.write("\r\u001b[2K");
}

function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
