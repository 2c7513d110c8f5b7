"""One simulated board and the lanes and visitors in front of it."""
