"""One ticket once: claims, news between gates, the ledger of conflicts."""
