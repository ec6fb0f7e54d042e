import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { oneHot } from "../../../src/data/matrix.js";
import type { Receipt } from "../../../src/scorer.js";
import { verifyReceipt } from "../../../src/scorers/sealed/index.js";
import { canonicalJson } from "../../../src/scorers/sealed/ledger/json.js";
import type { Attack } from "../attack.js";
import { asked, firstGuess, turned } from "./theft.js";

export const forgedReceipt: Attack = {
  name: "forged_receipt",
  tries: "turns a receipt for a poor result into one for a good one",
  async play({ author, open }) {
    const forger = author("forger");
    const guess = await firstGuess(forger);
    const receipts: Receipt[] = [];
    for (const labels of [guess, turned(guess, guess.keys())]) receipts.push((await asked(forger, labels))!.receipt);
    const { publicKey } = (await open.scorer.describe()).ledger;
    const forged = receipts.flatMap((receipt, at) => forgeries(receipt, receipts[1 - at]!));
    const taken = forged.filter((one) => verifyReceipt(one, publicKey).ok);
    const own = generateKeyPairSync("ed25519");
    const { signature: _, ...body } = better(receipts[0]!);
    const resigned = {
      ...body,
      signature: sign(null, Buffer.from(canonicalJson(body)), own.privateKey).toString("base64"),
    };
    const all = [...forged, resigned];
    const accepted = taken.length + Number(verifyReceipt(resigned, publicKey).ok);
    return { words: `${accepted} of ${all.length} forgeries were taken for real`, reached: accepted > 0 };
  },
};

/** Each of its fields changed, moved over from another receipt, left out, or hidden behind a second one. */
function forgeries(receipt: Receipt, other: Receipt): unknown[] {
  const fields = Object.keys(receipt) as (keyof Receipt)[];
  const swapped = fields.filter((field) => JSON.stringify(receipt[field]) !== JSON.stringify(other[field]));
  return [
    better(receipt),
    ...swapped.map((field) => ({ ...receipt, [field]: other[field] })),
    ...fields.map((field) => Object.fromEntries(Object.entries(receipt).filter(([name]) => name !== field))),
    { ...receipt, improved: true },
    { ...receipt, head: { ...receipt.head, count: receipt.head.count + 1 } },
    { ...receipt, signature: receipt.signature.replace(/=*$/, "") },
    JSON.parse(JSON.stringify(receipt).replace(/"improved":false/, '"improved":true')) as unknown,
  ].filter((one) => JSON.stringify(one) !== JSON.stringify(receipt));
}

/** As if it told of a perfect score; the entry's hash is mended, the signature is what it was. */
function better(receipt: Receipt): Receipt {
  const { ledger, head, signature, entry: _, ...fields } = receipt;
  const released = {
    ...(fields.released as object),
    improved: true,
    score: { accuracy: 1, pgr: { status: "ok", estimate: 1 } },
  };
  const changed = { ...fields, released };
  const entry = createHash("sha256").update(canonicalJson(changed)).digest("hex");
  return { ...changed, ledger, head, signature, entry } as unknown as Receipt;
}

export const bruteForcedReceipt: Attack = {
  name: "brute_forced_receipt",
  tries: "finds the hidden accuracy of a query by trying all that there can be against the receipt's hashes",
  async play({ author, open }) {
    const prober = author("prober");
    const rows = prober.inputs.development.length;
    const { receipt } = (await prober.ask([oneHot(new Int32Array(rows), 2)]))!;
    const hashes = new Set(JSON.stringify(receipt).match(/[0-9a-f]{64}/g));
    const { ledger, head, signature: _, entry, ...fields } = receipt as Receipt & { commitment?: string };
    const keys = ["", ledger, entry, head.hash, fields.commitment ?? "", "0".repeat(64)];
    let [tried, found] = [0, 0];
    for (let right = 0; right <= rows; right++) {
      const accuracy = right / rows;
      for (const value of [
        accuracy,
        { accuracy },
        { score: { accuracy } },
        { ...fields, score: { accuracy } },
        right,
        String(accuracy),
      ]) {
        const text = JSON.stringify(value);
        const digests = [
          createHash("sha256").update(text),
          ...keys.map((key) => createHmac("sha256", Buffer.from(key, "hex")).update(text)),
        ];
        for (const digest of digests) {
          tried++;
          if (hashes.has(digest.digest("hex"))) found++;
        }
      }
    }
    await open.scorer.describe();
    return { words: `${found} of ${tried} guesses fitted`, reached: found > 0 };
  },
};
