import * as z from "zod";

const cacheControl = z.object({ type: z.literal("ephemeral"), ttl: z.enum(["5m", "1h"]).optional() });
const cached = { cache_control: cacheControl.nullish() };

const textBlock = z.object({ type: z.literal("text"), text: z.string().min(1), ...cached });
const block = z.discriminatedUnion("type", [
  textBlock,
  z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal("redacted_thinking"), data: z.string() }),
  z.object({
    type: z.literal("tool_use"),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
    ...cached,
  }),
  z.object({
    type: z.literal("tool_result"),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(textBlock)]).optional(),
    is_error: z.boolean().optional(),
    ...cached,
  }),
  z.object({
    type: z.literal("compaction"),
    content: z.string().min(1).nullish(),
    encrypted_content: z.string().nullish(),
    ...cached,
  }),
]);

const message = z.object({
  role: z.enum(["user", "assistant"]),
  content: z.union([z.string().min(1), z.array(block).min(1)]),
});

const tool = z.object({
  type: z.literal("custom").optional(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal("object") }),
  ...cached,
});

const counted = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(["auto", "any", "tool", "none"]) }).optional(),
  thinking: z.looseObject({ type: z.enum(["adaptive", "enabled", "disabled", "between_tools"]) }).optional(),
  cache_control: cacheControl.nullish(),
  output_config: z.looseObject({ effort: z.enum(["low", "medium", "high", "xhigh", "max"]).nullish() }).optional(),
  context_management: z
    .object({
      edits: z.array(
        z.object({
          type: z.literal("compact_20260112"),
          trigger: z.object({ type: z.literal("input_tokens"), value: z.int().min(50_000) }).nullish(),
          instructions: z.string().nullish(),
          pause_after_compaction: z.literal(false).optional(),
        }),
      ),
    })
    .nullish(),
});

const created = counted.extend({
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).optional(),
});

/** A request to create a message or to count its tokens, as it came. */
export type MessagesRequest = z.infer<typeof counted> & Partial<z.infer<typeof created>>;
export type RequestBlock = z.infer<typeof block>;
export type CacheControl = z.infer<typeof cacheControl>;

/** A message whose content is a list. */
export interface RequestMessage {
  readonly role: "user" | "assistant";
  readonly content: readonly RequestBlock[];
}

/** What a request is refused for, as the API puts it. */
export class Refused extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** Checks a request as the API does. @throws Refused */
export function parseRequest(body: unknown, kind: "create" | "count", betas: readonly string[]): MessagesRequest {
  const { success, data, error } = (kind === "create" ? created : counted).safeParse(body);
  if (!success) {
    const [issue] = error.issues;
    throw invalid(`${issue!.path.join(".") || "body"}: ${issue!.message}`);
  }
  const request: MessagesRequest = data;
  if (request.context_management && !betas.includes("compact-2026-01-12"))
    throw invalid("context_management: Extra inputs are not permitted");
  if (request.thinking?.type === "enabled") {
    const { budget_tokens: budget } = request.thinking;
    if (typeof budget !== "number" || budget < 1024)
      throw invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
    if (kind === "create" && budget >= request.max_tokens!)
      throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`");
  }
  const marks = JSON.stringify(data).match(/"cache_control":\{/g)?.length ?? 0;
  if (marks > 4) throw invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`);
  checkTurns(messagesOf(request));
  return request;
}

export function messagesOf({ messages }: MessagesRequest): RequestMessage[] {
  return messages.map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? [{ type: "text", text: content }] : content,
  }));
}

/** Each tool call is answered in the next message, and nothing else is. */
function checkTurns(messages: readonly RequestMessage[]): void {
  if (messages[0]!.role !== "user") throw invalid('messages: first message must use the "user" role');
  for (const [i, { role, content }] of messages.entries()) {
    const before = messages[i - 1];
    if (before?.role === role) throw invalid(`messages.${i}: roles must alternate between "user" and "assistant"`);
    const asked =
      before?.role === "assistant" ? before.content.flatMap((b) => (b.type === "tool_use" ? [b.id] : [])) : [];
    const answered = content.flatMap((b) => (b.type === "tool_result" ? [b.tool_use_id] : []));
    const missing = asked.filter((id) => !answered.includes(id));
    if (missing.length > 0) {
      throw invalid(
        `messages.${i - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
    const stray = answered.find((id) => !asked.includes(id));
    if (stray !== undefined) {
      throw invalid(
        `messages.${i}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    const results = content.findLastIndex((b) => b.type === "tool_result");
    if (results >= 0 && content.slice(0, results).some((b) => b.type !== "tool_result"))
      throw invalid(`messages.${i}.content: \`tool_result\` blocks must come first`);
    if (role === "assistant") checkAnswer(content, i);
    else if (content.some(({ type }) => type !== "text" && type !== "tool_result"))
      throw invalid(`messages.${i}.content: only text and tool_result blocks are allowed in user messages here`);
  }
  const last = messages.at(-1)!;
  if (last.role === "assistant" && last.content.at(-1)!.type === "tool_use")
    throw invalid(`messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks`);
}

function checkAnswer(content: readonly RequestBlock[], i: number): void {
  if (content.some(({ type }) => type === "tool_result"))
    throw invalid(`messages.${i}: \`tool_result\` blocks can only be in \`user\` messages`);
  if (/thinking$/.test(content.at(-1)!.type))
    throw invalid(`messages.${i}: The final block in an assistant message cannot be \`thinking\`.`);
  for (const [j, b] of content.entries()) {
    if (b.type === "thinking" && !fits(b))
      throw invalid(`messages.${i}.content.${j}: Invalid \`signature\` in \`thinking\` block`);
  }
}

/** Of thinking that was not shown, only the server knows what it was. */
function fits({ thinking, signature }: { thinking: string; signature: string }): boolean {
  if (thinking === "") return /^signed:\d/.test(Buffer.from(signature, "base64").toString());
  return signature === signatureOf(thinking);
}

/** Stands for the API's own: a thinking block that was changed no longer fits. */
export function signatureOf(thinking: string): string {
  return Buffer.from(`signed:${thinking.length}:${thinking.slice(0, 16)}:${thinking.slice(-16)}`).toString("base64");
}

function invalid(message: string): Refused {
  return new Refused(400, "invalid_request_error", message);
}
