"""The helper that is the first process of every sandbox: docs/sandboxes.md. Standard library only."""
