"""Order events: devices first, one thread, one step for each event."""
