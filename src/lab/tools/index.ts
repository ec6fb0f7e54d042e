import { budget, finish, standings } from "./about.js";
import { evaluateMethod, evaluatePredictions } from "./evaluate.js";
import { editFile, listFiles, readFile, writeFile } from "./files.js";
import { post, readForum, reply, searchForum, vote } from "./forum.js";
import { shell } from "./shell.js";
import { getSnapshot, keepSnapshot, listSnapshots } from "./snapshots.js";
import { submitMethod } from "./submit.js";
import type { Tool } from "./tool.js";

const everywhere: readonly Tool[] = [
  post,
  reply,
  vote,
  searchForum,
  readForum,
  keepSnapshot,
  getSnapshot,
  listSnapshots,
  standings,
  budget,
];

/** What an agent is given. */
export const agentTools: readonly Tool[] = [
  shell,
  readFile,
  writeFile,
  editFile,
  listFiles,
  ...everywhere,
  evaluateMethod,
  submitMethod,
  finish,
];

/** What programs in its sandbox reach through the door. */
export const doorTools: readonly Tool[] = [...everywhere, evaluatePredictions];
