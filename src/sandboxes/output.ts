/**
 * A command's output as text. `kept` is its beginning (`head` bytes) and its end; where bytes are missing between them, a
 * line says how many. Notices come last, a line each, in brackets.
 */
export function printedOutput(kept: Buffer, head: number, total: number, notices: readonly string[]): string {
  const missing = total - kept.length;
  const text =
    missing > 0
      ? `${textOf(wholeEnd(kept.subarray(0, head)))}\n[... ${missing} bytes are left out here ...]\n${textOf(wholeStart(kept.subarray(head)))}`
      : textOf(kept);
  const gap = text === "" || text.endsWith("\n") || notices.length === 0 ? "" : "\n";
  return text + gap + notices.map((notice) => `[${notice}]\n`).join("");
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const continues = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Without the half of a character that the cut left at its end. */
function wholeEnd(bytes: Buffer): Buffer {
  let at = bytes.length - 1;
  while (at > 0 && bytes.length - at < 4 && continues(bytes[at]!)) at--;
  const lead = bytes[at] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return length > 1 && bytes.length - at < length ? bytes.subarray(0, at) : bytes;
}

/** Without the half of a character that the cut left at its beginning. */
function wholeStart(bytes: Buffer): Buffer {
  let at = 0;
  while (at < 3 && at < bytes.length && continues(bytes[at]!)) at++;
  return bytes.subarray(at);
}
