// Training on another machine (docs/remote.md). Here that machine is this one: a server on loopback, started with the
// project's Python. On a GPU box you would start it there, and the two lines with `httpTrainer` stay as they are.
//
//   npm start examples/remote-trainer.ts
import { confidence, digits, experiment, naive, pool } from "weak-to-strong";
import { httpTrainer } from "weak-to-strong/trainers/http";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { startTrainerServer } from "./lib/trainer-server.js";

await using server = await startTrainerServer();
console.log(`The server listens on ${server.url}.`);

await using remote = httpTrainer({ url: server.url, token: server.token });
const { devices, losses } = await remote.capabilities();
console.log(`It has ${devices.join(", ")} and the losses ${losses.join(", ")}.`);

// Both machines work on one experiment. They have equal fingerprints, and so answer with the same bits.
await using local = pythonTrainer();
await using run = experiment({
  testbed: await digits(),
  trainer: pool([remote, local]),
  methods: [naive(), confidence()],
  seeds: 2,
});
console.log(await run.result());
console.log(`Fits on the server: ${server.log().match(/fit \w+: done/g)?.length ?? 0}.`);
