import type { TeamContext } from "./context.js";

/** Says something to whoever listens now and to whoever reads the journal; of one agent, where it is about one. */
export function notice(
  { journal, emit }: Pick<TeamContext, "journal" | "emit">,
  message: string,
  agent?: string,
): void {
  const said = { type: "notice", message, ...(agent !== undefined && { agent }) } as const;
  journal.append(said);
  emit(said);
}
