"""Simulated devices: arms, boards, scanners, cameras, pins."""
