"""`hardware-sim demo`: a small park of real processes, from opening to closing, in about a minute.

`story.py` is the door. Nothing in here short-cuts the product: tickets come from `fleet-manager`,
codes go through serial lines and pictures, records through a real broker.
"""
