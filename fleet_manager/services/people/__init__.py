"""Acts of signing in, on one's own account, on other users, and on the record of all acts."""
