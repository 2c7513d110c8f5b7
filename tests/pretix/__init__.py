"""The connection to pretix, over the simulated server and, by `./run test-pretix`, a real one."""
