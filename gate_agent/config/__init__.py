"""Read gate.toml: the file, its settings as values, board profiles and staff codes."""
