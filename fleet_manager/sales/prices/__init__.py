"""Prices: what a ticket costs on which day, who may have it, how many there are, whose share is."""
