"""Payments: attempts to be paid for an order, and money that goes back the way it came."""
