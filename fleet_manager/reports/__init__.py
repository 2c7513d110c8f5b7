"""Read-only answers about the park: what happens now, and what a period amounts to."""
