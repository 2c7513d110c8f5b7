"""Hold the keys, rules and beacons in force, and the gate's own identity."""
