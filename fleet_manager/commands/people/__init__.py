"""`user`: people who sign in at the console, and tokens of programs and displays."""
