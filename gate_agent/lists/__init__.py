"""Fetch ticket lists, keep them on disk, and say which are in force."""
