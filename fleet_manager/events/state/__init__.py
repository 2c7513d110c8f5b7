"""Readable state of the park and its gates, retained on the broker of the house: for signs, and for
smart houses that discover it."""
