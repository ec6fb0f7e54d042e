import type { SnapshotFile } from "../data/snapshot.js";

/** Trained weights by how their formats begin: safetensors, GGUF, HDF5, and the archive or pickle that torch.save writes. */
export function isWeights(file: SnapshotFile): boolean {
  const { path, content } = file;
  const text = latin(content.subarray(0, 4096));
  if (/^.{8}\{"/s.test(text) && /"(dtype|data_offsets|__metadata__)"/.test(text)) return true;
  if (text.startsWith("GGUF") || text.startsWith("\x89HDF\r\n")) return true;
  if (text.startsWith("PK\x03\x04") && /data\.pkl|\/data\/0|\.storage/.test(text)) return true;
  if (text.startsWith("\x80") && /torch|_rebuild_tensor|numpy/.test(text)) return true;
  return /\.(safetensors|pt|pth|ckpt|gguf|onnx|h5|joblib)$/i.test(path) || (content.length >= 1 << 20 && !isText(file));
}

/** UTF-8 without NUL bytes. */
export function isText({ content }: SnapshotFile): boolean {
  if (content.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

/** Its path and size, for evidence. */
export function describeFile({ path, content }: SnapshotFile): string {
  return `${path}, ${content.length.toLocaleString("en")} bytes`;
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
