"""Speak the protocols of turnstile boards over serial lines and TCP."""
