"""One suite a port, over all its implementations: simulated, real over a pty, real on a board."""
