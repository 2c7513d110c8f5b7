"""Run the daemon: connection to the broker, collector, distribution of what is new."""
