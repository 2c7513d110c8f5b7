"""The shape of the tables: make it, compare it, say its version, bring it up to date."""
