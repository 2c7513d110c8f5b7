"""The Debian packages: what is in them, and what their scripts do to a machine."""
