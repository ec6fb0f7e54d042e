import { hash } from "node:crypto";
import { defineAgent, type ModelCall, WeakToStrongError } from "weak-to-strong";
import * as z from "zod";

const toolCall = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const message = z.object({ content: z.string().nullable(), tool_calls: z.array(toolCall).default([]) });
const completion = z.object({
  choices: z.tuple([z.object({ message })]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
});
type Message = z.infer<typeof message>;

/** Any model behind a server that speaks the chat completions protocol (vLLM, llama.cpp, Ollama, many vendors). */
export const chatAgent = ({ url, model, usdPerMTok = 0 }: { url: string; model: string; usdPerMTok?: number }) =>
  defineAgent({
    name: "chat",
    model,
    async run(lab, { emit }) {
      const tools = lab.tools.map(({ inputSchema, ...f }) => ({
        type: "function",
        function: { ...f, parameters: inputSchema },
      }));
      const messages: object[] = [
        { role: "system", content: lab.briefing },
        { role: "user", content: "Begin." },
      ];
      let said = "Nothing was said.";
      for (;;) {
        const body = JSON.stringify({ model, messages, tools, max_tokens: 4000 });
        const tokens = Buffer.byteLength(body) + 4000; // a token is at least a byte
        const perform: ModelCall<Message>["perform"] = async ({ signal, pay }) => {
          const headers = { "content-type": "application/json", authorization: `Bearer ${process.env.CHAT_API_KEY}` };
          const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", body, headers, signal });
          if (!response.ok)
            throw new WeakToStrongError("worker_died", `${url} answered with status ${response.status}`);
          const { choices, usage } = completion.parse(await response.json());
          const [inputTokens, outputTokens] = [usage.prompt_tokens, usage.completion_tokens];
          pay({ inputTokens, outputTokens, usd: ((inputTokens + outputTokens) * usdPerMTok) / 1e6 });
          return choices[0].message;
        };
        const maximum = { tokens, usd: (tokens * usdPerMTok) / 1e6 };
        const answer = await lab.model({ model, key: hash("sha256", body), maximum, perform }).catch(ifExhausted);
        said = answer?.content ?? said;
        if (answer?.content) emit({ type: "text", text: answer.content });
        if (!answer?.tool_calls.length) return said; // it is done, or its budget is
        messages.push({ role: "assistant", ...answer });
        for (const { id, function: f } of answer.tool_calls) {
          const { content, isError } = await lab.call(f.name, parsed(f.arguments));
          if (f.name === "finish" && !isError) return said;
          messages.push({ role: "tool", tool_call_id: id, content });
        }
      }
    },
  });

function ifExhausted(error: unknown): undefined {
  if (!WeakToStrongError.isInstance(error) || error.code !== "exhausted") throw error;
}

/** What is no JSON goes to the tool as it is, which says what it should have been. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
