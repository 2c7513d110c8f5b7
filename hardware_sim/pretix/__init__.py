"""A pretix server to try against. The same contract suite runs over the real one."""
