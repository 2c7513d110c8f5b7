"""Enrolled gates, their keys, and when each was last heard of."""
