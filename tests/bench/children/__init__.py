"""Programs that a measurement starts in a process of their own."""
