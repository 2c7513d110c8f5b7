"""Reach the board's GPIO lines: outputs, contacts, inputs."""
