"""Money: accounts in double entry, shifts of tills, and what merchants are owed."""
