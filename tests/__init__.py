"""The tests mirror the tree: tests/gate_agent/lane/test_table.py tests gate_agent/lane/table.py.

Beside the mirror: contracts of ports, real processes, vectors of the formats, planted bugs, benches
and the laws of the house.
"""
