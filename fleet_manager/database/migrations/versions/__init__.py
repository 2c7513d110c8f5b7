"""One file for each released version of the tables: 0002_audit.py makes version 2 of version 1.

A file that was released is never changed, and imports nothing of this program: it has its own words
for the tables as they were. SQLite's foreign keys are on while a step runs. See docs/adr.
"""
