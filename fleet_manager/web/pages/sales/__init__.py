"""Pages of the box office."""
