"""Releases for gates: who may sign them, which are here, and which gate shall run which."""
