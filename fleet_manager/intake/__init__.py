"""Take in the records of gates, and correct the times of boards without a clock."""
