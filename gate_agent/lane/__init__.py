"""PURE. A lane as one total table: modes × phases × events → next state, records, effects."""
