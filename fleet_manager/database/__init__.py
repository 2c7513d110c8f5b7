"""Open the database, describe its tables, run its transactions."""
