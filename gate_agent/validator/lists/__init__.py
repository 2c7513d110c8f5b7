"""PURE. Ticket lists and code lists: their bytes, manifests and changes."""
