"""What goes wrong in a simulated park, drawn from the seed."""
