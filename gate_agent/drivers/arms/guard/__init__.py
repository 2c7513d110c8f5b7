"""Own the relays in two small processes: the daemon asks, they time each pulse (ADR 0021)."""
