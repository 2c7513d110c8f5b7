"""Products, and the tickets that were sold."""
