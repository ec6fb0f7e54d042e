"""`python -m w2s_trainer serve`: the worker's protocol over HTTP (docs/protocol.md, docs/decisions/0006)."""
