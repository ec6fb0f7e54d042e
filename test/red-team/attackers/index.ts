import { cherryPickedSeeds } from "./cherry_picked_seeds.js";
import { colludingPair } from "./colluding_pair.js";
import { greedyHillClimb } from "./greedy_hill_climb.js";
import { labelFlips } from "./label_flips.js";
import { ledgerTruncation } from "./ledger_truncation.js";
import { bruteForcedReceipt, forgedReceipt } from "./receipts.js";
import { answerTable, playingDead, smuggledCheckpoint } from "./remembered.js";
import { timingChannel } from "./timing_channel.js";

/** Attackers that are more than one file of code. */
export const scripted = [
  labelFlips,
  colludingPair,
  greedyHillClimb,
  cherryPickedSeeds,
  answerTable,
  playingDead,
  smuggledCheckpoint,
  timingChannel,
  forgedReceipt,
  bruteForcedReceipt,
  ledgerTruncation,
];
