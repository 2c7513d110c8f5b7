"""One suite a port, over every implementation of it: simulated, real over a pty, real on a board."""
