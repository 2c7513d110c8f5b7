"""What happened at the gates: journals, boot clocks, uses of tickets, counts."""
