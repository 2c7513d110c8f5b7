"""Store journals, time boots, sum up uses of tickets and counts."""
