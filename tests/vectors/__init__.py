"""Vectors that prove the formats to another language, and a second implementation of them."""
