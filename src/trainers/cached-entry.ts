import * as z from "zod";

/* Imported when an entry is read: a schema library is most of what the root entry would weigh. */

const blob = z.object({ $blob: z.int().min(0) });
const entry = z.object({
  checkpoint: z.object({ id: z.string(), path: z.string().exactOptional() }),
  predictions: z.record(z.string(), blob),
  history: z.array(
    z.object({
      epoch: z.int(),
      loss: z.number(),
      validation: z.object({ loss: z.number(), accuracy: z.number() }).exactOptional(),
    }),
  ),
  traces: blob.optional(),
  curve: blob.optional(),
  fingerprint: z.string().exactOptional(),
  cost: z.object({ seconds: z.number(), device: z.string(), tokens: z.number() }),
});

/** Reads the header of a kept result; throws what zod throws. */
export function parseEntry(header: unknown): z.infer<typeof entry> {
  return entry.parse(header);
}
