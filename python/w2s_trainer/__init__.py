"""The Python worker of weak-to-strong: fits, predicts and embeds for the TypeScript side (docs/protocol.md)."""

PROTOCOL = 1
