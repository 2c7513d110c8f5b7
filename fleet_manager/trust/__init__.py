"""Rules, key sets, and the announcements that every gate must have."""
