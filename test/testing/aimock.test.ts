import { type Fixture, LLMock } from "@copilotkit/aimock";
import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../../src/agent.js";
import { claude } from "../../src/agents/claude/index.js";
import { testAssignment } from "../../src/testing/assignment.js";
import { messagesServer, type PolicyBlock } from "../../src/testing/messages-server/index.js";

/** What the model says, turn by turn. */
const turns: readonly (readonly PolicyBlock[])[] = [
  [
    { type: "text", text: "I begin." },
    { type: "tool_use", name: "add", input: { a: 1, b: 2 } },
    { type: "tool_use", name: "add", input: { a: 3, b: 4 } },
  ],
  [{ type: "tool_use", name: "add", input: { a: "x" } }],
  [{ type: "text", text: `A long one: ${"täglich ".repeat(200)}` }],
  [
    { type: "text", text: "I end." },
    { type: "tool_use", name: "finish", input: { summary: "7 and 3" } },
  ],
];

/** The same scenario by the same client, against an independent server that speaks the API. */
async function workAgainst(baseURL: string) {
  const { assignment, performed } = testAssignment({
    tools: {
      add: {
        run({ a, b }) {
          if (typeof a !== "number") throw new Error("a is no number");
          return String(a + Number(b));
        },
      },
      finish: { run: () => "Your work is ended." },
    },
  });
  // aimock does not sum up conversations.
  await using run = claude({ baseURL, apiKey: "k", compactAt: false, patience: 5 }).start(assignment);
  const events: AgentEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, result: await run.result(), performed };
}

function fixtureOf(blocks: readonly PolicyBlock[], turnIndex: number): Fixture {
  return {
    match: { turnIndex },
    response: {
      blocks: blocks.map((block) => {
        if (block.type === "text") return block;
        if (block.type === "thinking") throw new Error("not in this scenario");
        return { type: "toolCall" as const, name: block.name, arguments: JSON.stringify(block.input) };
      }),
    },
  };
}

describe("the loopback server and aimock", () => {
  test("give the same client the same work", async () => {
    const mock = new LLMock({ port: 0 });
    mock.addFixtures(turns.map(fixtureOf));
    await mock.start();
    try {
      await using server = await messagesServer({ policy: ({ turn }) => turns[turn]! });
      const [ours, theirs] = [await workAgainst(server.url), await workAgainst(mock.url)];
      expect(theirs).toEqual(ours);
      expect(ours.result.summary).toBe("7 and 3");
    } finally {
      await mock.stop();
    }
  });

  test("are both asked again after a failure", async () => {
    const mock = new LLMock({ port: 0 });
    mock.addFixtures(turns.map(fixtureOf));
    mock.nextRequestError(529, { message: "Overloaded", type: "overloaded_error" });
    await mock.start();
    try {
      await using server = await messagesServer({
        policy: ({ turn }) => turns[turn]!,
        faults: [{ type: "status", status: 529, message: "Overloaded" }],
      });
      const [ours, theirs] = [await workAgainst(server.url), await workAgainst(mock.url)];
      const told = ({ events }: typeof ours) =>
        events.map((e) => (e.type === "notice" ? e.message.replace(/[\s)]*(\(request|; asked).*/, "") : e));
      expect(told(theirs)).toEqual(told(ours));
      expect(theirs.result).toEqual(ours.result);
    } finally {
      await mock.stop();
    }
  });
});
