"""What must hold. One module a subject; each has `check(park) -> list of violations`, run when the
faults have stopped and everything has settled. Some also watch while it happens."""
