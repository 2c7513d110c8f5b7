"""PURE. Keys, key sets, rule books and beacons: who may sign what."""
