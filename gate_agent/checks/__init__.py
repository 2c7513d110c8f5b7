"""What `gate-agent check` tests on site. One room for each kind of part; `sheet` lists them all.

A check is a function that takes a Visit and yields rows. It raises nothing but GateError.
"""
