"""Planted bugs: `./run mutants` plants each in a copy of the product and lets the park find it."""
