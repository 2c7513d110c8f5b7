"""What the office sold, what reports told it, and what the audit says."""
