"""Attackers of real processes: a flood, a greedy gate, a recorded day sent again."""
