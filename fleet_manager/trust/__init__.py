"""Store rules and key sets; announce them, and what is newest, to every gate."""
