"""The daemon at the turnstile: reads a code, decides offline, records, releases the arm."""

__version__ = "0.1.0"
