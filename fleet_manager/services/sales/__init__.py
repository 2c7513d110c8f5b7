"""Acts of people at the box office, by topic."""
