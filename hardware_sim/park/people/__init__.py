"""Whom a park has to deal with beside ordinary visitors, and what each of them should be told: an
oracle of its own, made from the words of docs/, that never asks the gate's decision."""
