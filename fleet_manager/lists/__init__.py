"""Publish versions of ticket lists, and make their bodies."""
