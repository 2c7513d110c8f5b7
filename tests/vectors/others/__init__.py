"""Vectors that others made, tried at the product's own functions."""
