"""The box office: what a ticket costs, who ordered it, how it was paid, where the money is."""
