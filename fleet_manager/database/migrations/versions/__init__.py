"""One file a version of the tables. Each has its own words: today's tables are never imported."""
