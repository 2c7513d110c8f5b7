"""The door: what a board asks over HTTPS before it has anything of the park."""
