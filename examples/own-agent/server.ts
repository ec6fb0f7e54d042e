// Stands for a model behind the chat completions protocol: it follows a plan.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AgentPlan } from "weak-to-strong/testing";

export async function chatServer({ turns, summary }: AgentPlan): Promise<{ url: string }> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { messages } = JSON.parse(Buffer.concat(parts).toString()) as { messages: { role: string }[] };
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const calls = turns[turn] ?? [{ tool: "finish", input: { summary } }];
    const tool_calls = calls.map(({ tool, input }, i) => ({
      id: `call_${turn}_${i}`,
      type: "function",
      function: { name: tool, arguments: JSON.stringify(input) },
    }));
    const content = turns[turn] ? `I call ${calls.map(({ tool }) => tool).join(" and ")}.` : summary;
    const message = { role: "assistant", content, tool_calls };
    const usage = { prompt_tokens: 100 * messages.length, completion_tokens: 20 };
    response.setHeader("content-type", "application/json").end(JSON.stringify({ choices: [{ message }], usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
