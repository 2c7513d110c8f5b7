"""What pages read from their fields: days, places, files."""
