"""What commands share: groups, options, tables on a terminal."""
