"""The house's laws: what every folder, module and function of this tree must keep to, and why.

`python -m tests.house`, a part of `./run lint`, prints a line for each violation: where, law, why.
A law is a function from the parsed tree to its violations; `planted/` shows each of them failing.
What stands in spite of a law is a row in `allowed.txt`, with the day and the reason.
"""
