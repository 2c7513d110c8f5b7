"""Store the records of gates, and correct the times of records from boards without a clock."""
