"""The management centre: issues tickets, publishes lists, collects passage records, counts.

Of `gate_agent` it imports the validator and nothing else: it issues what the validator checks.
"""
