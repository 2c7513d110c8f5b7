"""The simulated centre and its neighbours: a database in memory, key ceremonies, a seller."""
