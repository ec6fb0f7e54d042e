import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

/**
 * Names of checkpoints as agents see them. Each agent's names are encrypted for it alone: nobody else's, and no name that
 * the trainer itself uses, opens. Nothing has to be remembered, so that names outlive the lab's process.
 */
export interface SealedIds {
  /** The same id gives the same name to the same agent. */
  seal(agent: string, id: string): string;
  /** Undefined for what was not sealed for this agent. */
  open(agent: string, name: string): string | undefined;
}

const cipher = "aes-256-gcm";
const [ivBytes, tagBytes] = [12, 16];

/** `secret`: known to the lab only, and the same in each of its lives. */
export function sealedIds(secret: string): SealedIds {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "weak-to-strong checkpoint names", 32));
  return {
    seal(agent, id) {
      const iv = createHmac("sha256", key)
        .update(JSON.stringify([agent, id]))
        .digest()
        .subarray(0, ivBytes);
      const sealing = createCipheriv(cipher, key, iv).setAAD(Buffer.from(agent));
      const sealed = Buffer.concat([sealing.update(id, "utf8"), sealing.final()]);
      return Buffer.concat([iv, sealing.getAuthTag(), sealed]).toString("base64url");
    },
    open(agent, name) {
      const bytes = Buffer.from(name, "base64url");
      if (bytes.length <= ivBytes + tagBytes) return undefined;
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      opening.setAAD(Buffer.from(agent)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        return Buffer.concat([opening.update(bytes.subarray(ivBytes + tagBytes)), opening.final()]).toString("utf8");
      } catch {
        return undefined; // the tag does not fit
      }
    },
  };
}
