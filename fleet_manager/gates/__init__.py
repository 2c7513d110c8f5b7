"""Enrol gates, renew their keys, store their last reports."""
