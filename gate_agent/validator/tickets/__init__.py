"""PURE. The signed ticket and what stands on it."""
