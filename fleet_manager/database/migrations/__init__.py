"""Changes of the tables from one released version to the next, by Alembic."""
