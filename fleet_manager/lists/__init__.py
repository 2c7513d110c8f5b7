"""Versions and bodies of ticket lists, and their publishing."""
