/*
 * What a lab takes of its machine.
 *
 *   npm start bench/lab.ts soak [MINUTES] [AGENTS]   64 Claude agents in one process: memory, handles, files; default 10 minutes
 *   npm start bench/lab.ts resume [ENTRIES]          going on with a journal of 100,000 entries: time and memory
 *   npm start bench/lab.ts append                    what an entry of the journal costs, on the disk of the temporary folder
 */
import { append } from "./lab/append.js";
import { resume } from "./lab/resume.js";
import { soak } from "./lab/soak.js";

const [what, first, second] = process.argv.slice(2);
if (what === "soak") await soak(Number(second ?? 64), Number(first ?? 10));
else if (what === "resume") await resume(Number(first ?? 100_000));
else if (what === "append") await append();
else console.error("usage: npm start bench/lab.ts soak [MINUTES] [AGENTS] | resume [ENTRIES] | append");
