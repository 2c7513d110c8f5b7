"""The console: pages for the people of the centre, in a process beside the collector."""
