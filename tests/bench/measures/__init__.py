"""The measurements, one file a topic."""
