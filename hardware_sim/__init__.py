"""A park without hardware: simulated devices, a demo and a training ground of real processes, and a
deterministic park that injects faults. Nobody imports it but tests and its own commands."""
