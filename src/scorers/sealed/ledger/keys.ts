import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../../data/canonical.js";
import { WeakToStrongError } from "../../../errors.js";
import { replaceFile, syncFolder } from "./files.js";
import { canonicalJson } from "./json.js";

/** What checks the signatures of one ledger. */
export interface LedgerVerifier {
  /** The ledger's name: SHA-256 of its public key's bytes, 64 hexadecimal digits. */
  readonly id: string;
  /** Ed25519, DER (SPKI) in base64. */
  readonly publicKey: string;
  /** Whether `signature` (base64) is this key's over the canonical JSON of `body`. */
  verifies(body: object, signature: string): boolean;
}

/** What makes them. Entries, heads and receipts differ in their fields: the signature of one never fits another. */
export interface LedgerKey extends LedgerVerifier {
  /** Ed25519 over the canonical JSON of `body`, in base64. */
  sign(body: object): string;
}

/** Throws if `publicKey` is none. */
export function ledgerVerifier(publicKey: string): LedgerVerifier {
  const bytes = Buffer.from(publicKey, "base64");
  const key = createPublicKey({ key: bytes, format: "der", type: "spki" });
  if (key.asymmetricKeyType !== "ed25519") throw new Error("it is no Ed25519 key");
  return {
    id: sha256(bytes),
    publicKey,
    verifies(body, signature) {
      const bytes = Buffer.from(signature, "base64");
      // The last letter of base64 has bits to spare: other spellings of the same bytes are not the same signature.
      return bytes.toString("base64") === signature && verify(null, Buffer.from(canonicalJson(body)), key, bytes);
    },
  };
}

/** Where the key of a ledger lies, and the copy of its newest head. */
export function keyFiles(
  keys: string,
  id: string,
): { readonly folder: string; readonly key: string; readonly head: string } {
  const folder = join(keys, id);
  return { folder, key: join(folder, "private.pem"), head: join(folder, "head.json") };
}

/** A new key, on the disk in its folder. */
export async function createKey(keys: string): Promise<LedgerKey> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const key = ledgerKey(privateKey);
  const files = keyFiles(keys, key.id);
  mkdirSync(files.folder, { mode: 0o700 });
  await syncFolder(keys);
  await replaceFile(files.key, String(privateKey.export({ type: "pkcs8", format: "pem" })));
  return key;
}

/** @throws WeakToStrongError `bad_input` where the key is not there, or is another one. */
export function loadKey(keys: string, id: string, ledger: string): LedgerKey {
  const file = keyFiles(keys, id).key;
  let found: LedgerKey;
  try {
    found = ledgerKey(createPrivateKey(readFileSync(file)));
  } catch (cause) {
    throw new WeakToStrongError(
      "bad_input",
      `The ledger ${ledger} goes on only with its key, and ${file} is not there or no key (${(cause as Error).message}). Bring the folder ${id} from the machine on which the ledger was begun, or begin another ledger in another folder.`,
      { cause },
    );
  }
  if (found.id === id) return found;
  throw new WeakToStrongError(
    "bad_input",
    `${file} is the key of another ledger, ${found.id}. Put the key of ${id} back.`,
  );
}

function ledgerKey(privateKey: KeyObject): LedgerKey {
  const bytes = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return {
    ...ledgerVerifier(bytes.toString("base64")),
    sign: (body) => sign(null, Buffer.from(canonicalJson(body)), privateKey).toString("base64"),
  };
}
