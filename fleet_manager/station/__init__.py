"""Decide claims, send news between gates, store the ledger of conflicts."""
