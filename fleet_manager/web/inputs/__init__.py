"""What pages read from their fields: days, places, the ticket that is named, files."""
