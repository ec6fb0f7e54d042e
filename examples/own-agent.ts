// An agent of one's own (own-agent/agent.ts) on another vendor's protocol, by plain fetch: it works for a loopback server
// that speaks that protocol, is killed, and goes on.
//
//   npm start examples/own-agent.ts
import { agentSuite, testAssignment } from "weak-to-strong/testing";
import { chatAgent } from "./own-agent/agent.js";
import { chatServer } from "./own-agent/server.js";

for (const { name, run } of agentSuite(async (plan) =>
  chatAgent({ url: (await chatServer(plan)).url, model: "tiny" }),
)) {
  await run({ skip: (reason) => console.log(`    skipped: ${reason}`) });
  console.log(`ok  ${name}`);
}

const tools = {
  add: { description: "Adds two numbers.", run: ({ a, b }: Record<string, unknown>) => String(Number(a) + Number(b)) },
  finish: { description: "Ends your work.", run: () => "Your work is ended." },
};
const { url } = await chatServer({ turns: [[{ tool: "add", input: { a: 2, b: 3 } }]], summary: "2 + 3 = 5" });
const agent = chatAgent({ url, model: "tiny" });

const first = testAssignment({ tools });
await using run = agent.start(first.assignment);
for await (const event of run) console.log(event);
console.log((await run.result()).summary);

// As if the process had been killed after six entries of the journal: what was done is answered from it.
const second = testAssignment({ tools, journal: first.journal.slice(0, 6) });
console.log((await agent.start(second.assignment).result()).summary);
console.log(`in its second life it ran ${second.performed.map(({ tool }) => tool).join(", ")}`);
