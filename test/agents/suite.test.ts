import { afterAll, describe, test } from "vitest";
import { chatAgent } from "../../examples/own-agent/agent.js";
import { chatServer } from "../../examples/own-agent/server.js";
import { claude } from "../../src/agents/claude/index.js";
import { scripted } from "../../src/agents/scripted.js";
import { type AgentPlan, callsOf, followPlan } from "../../src/testing/agent-plan.js";
import { agentSuite } from "../../src/testing/agent-suite.js";
import { messagesServer } from "../../src/testing/messages-server/index.js";

describe("scripted", () => {
  for (const { name, run } of agentSuite((plan) => scripted(callsOf(plan)))) test(name, run);
});

describe("claude", () => {
  const servers = new Map<AgentPlan, ReturnType<typeof messagesServer>>();
  afterAll(async () => {
    for (const server of servers.values()) await (await server)[Symbol.asyncDispose]();
  });
  const make = async (plan: AgentPlan) => {
    const server = servers.get(plan) ?? messagesServer({ policy: followPlan(plan) });
    servers.set(plan, server);
    return claude({ baseURL: (await server).url, apiKey: "agent-1" });
  };
  for (const { name, run } of agentSuite(make)) test(name, run);
});

describe("the example's agent", () => {
  const make = async (plan: AgentPlan) => chatAgent({ url: (await chatServer(plan)).url, model: "tiny" });
  for (const { name, run } of agentSuite(make)) test(name, run);
});
