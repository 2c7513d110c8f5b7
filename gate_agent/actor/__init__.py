"""Order events: one queue, one thread, one step for each event."""
