"""One function for each act of a person, by topic.

Each takes the centre and who acts; checks the right, opens the one write transaction, writes one
audit line in it, and returns a value. Commands, pages and programs are thin faces over them.
"""
