"""A running pretix as a seller: its tickets become codes that gates know, and what the gates let in
goes back to it. pretix is asked by its device API, as its own scanning apps do."""
