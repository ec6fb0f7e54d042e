// A sandbox provider of one's own, and the suite that tells what it keeps to. This one adds nothing to unisolated() but a
// list of the commands that ran: enough to show that a provider is three functions, and what the suite makes of one that
// isolates nothing.
//
//   npm start examples/own-sandbox.ts
import type { SandboxProvider } from "weak-to-strong";
import { unisolated } from "weak-to-strong/sandboxes/unisolated";
import { sandboxSuite } from "weak-to-strong/testing";

const ran: string[] = [];

function listed(): SandboxProvider {
  const inner = unisolated();
  return {
    name: "listed",
    capabilities: (options) => inner.capabilities(options),
    async create(request, options) {
      const sandbox = await inner.create(request, options);
      const exec = sandbox.exec.bind(sandbox);
      sandbox.exec = (command, how) => {
        ran.push(typeof command === "string" ? command : command.join(" "));
        return exec(command, how);
      };
      return sandbox;
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

await using provider = listed();
const { isolated, caveats } = await provider.capabilities();
console.log(`isolated: ${isolated}\n${caveats.map((caveat) => `  ${caveat}`).join("\n")}\n`);

// The first cases of each kind: the whole suite takes longer.
const cases = sandboxSuite(listed).filter(({ name }) => /result|restored|background|host|fork bomb/.test(name));
const skips = new Map<string, number>();
for (const { name, run } of cases) {
  let skipped: string | undefined;
  await run({ skip: (reason) => (skipped = reason) });
  if (skipped === undefined) console.log(`ok  ${name}`);
  else skips.set(skipped, (skips.get(skipped) ?? 0) + 1);
}
for (const [reason, count] of skips) console.log(`${count} cases skipped: ${reason}`);
console.log(`${ran.length} commands ran, the first: ${ran[0]}`);
