import type { Snapshot } from "../data/snapshot.js";
import type { Post } from "../forum.js";
import type { JournalEntry } from "./entries.js";
import type { FamilyClassifier } from "./families.js";
import type { LabIdea, ScoredEvaluation } from "./record.js";

export interface IdeaSources {
  readonly entries: readonly JournalEntry[];
  readonly evaluations: readonly ScoredEvaluation[];
  readonly posts: readonly Post[];
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly families: FamilyClassifier;
  hoursAt(up: number): number;
}

/**
 * An agent's ideas, by their hours: each name under which it had a method evaluated, and each hypothesis that it posted. A
 * method with the title of a hypothesis of its author's is one idea with it, at the hour of whichever came first.
 */
export async function ideasOf(sources: IdeaSources): Promise<LabIdea[]> {
  const { families } = sources;
  const found = new Map<string, Said>();
  for (const said of [...evaluated(sources), ...hypotheses(sources)]) {
    const key = JSON.stringify([said.agent, said.name.trim().toLowerCase()]);
    const before = found.get(key);
    if (!before) found.set(key, said);
    else if (said.source === "hypothesis") {
      found.set(key, { ...before, hours: Math.min(before.hours, said.hours), text: `${before.text}\n${said.text}` });
    }
  }
  const ideas: LabIdea[] = [];
  for (const { text, code, ...idea } of found.values()) {
    const family = await families.classify({ name: idea.name, text, code });
    ideas.push({ ...idea, family: family !== null && families.families.includes(family) ? family : null });
  }
  return ideas.sort((a, b) => a.hours - b.hours);
}

/** An idea with what was said of it. */
type Said = Omit<LabIdea, "family"> & { readonly text: string; readonly code: string };

function evaluated({ evaluations, posts, snapshots }: IdeaSources): Said[] {
  const methods = evaluations
    .filter(({ baseline }) => !baseline)
    .sort((a, b) => a.hours - b.hours || a.index - b.index);
  return methods.map(({ author, method, hours, id, snapshot }) => {
    const about = posts.filter(
      (post) =>
        post.author === author && (post.scores.includes(id) || (snapshot !== undefined && post.snapshot === snapshot)),
    );
    const text = about.map(({ title, body }) => `${title}\n${body}`).join("\n");
    return { hours, agent: author, name: method, source: "evaluation", text, code: codeOf(snapshots, snapshot) };
  });
}

function hypotheses({ entries, posts, snapshots, hoursAt }: IdeaSources): Said[] {
  const posted = new Map(
    entries.flatMap((entry) => (entry.type === "posted" ? [[entry.post, entry.up] as const] : [])),
  );
  return posts.flatMap(({ id, kind, author, title, body, snapshot }): Said[] => {
    const up = posted.get(id);
    if (kind !== "hypothesis" || up === undefined) return [];
    const code = codeOf(snapshots, snapshot);
    return [{ hours: hoursAt(up), agent: author, name: title, source: "hypothesis", text: body, code }];
  });
}

function codeOf(snapshots: ReadonlyMap<string, Snapshot>, hash: string | undefined): string {
  const files = snapshots.get(hash ?? "")?.files ?? [];
  const python = files.filter(({ path }) => path.endsWith(".py"));
  return python.map(({ content }) => new TextDecoder().decode(content)).join("\n");
}
