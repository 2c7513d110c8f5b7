"""Texts of the box office."""
