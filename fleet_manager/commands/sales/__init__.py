"""Commands of the box office."""
