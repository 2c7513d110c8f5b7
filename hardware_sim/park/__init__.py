"""The deterministic park: real gate and centre cores in one thread over virtual time.

Same seed, same events, on any machine. `run.py` is the door; faults are in `faults.py`, what must
hold is in `checks/`.
"""
