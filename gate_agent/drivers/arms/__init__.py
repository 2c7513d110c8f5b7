"""Drive arms: relays under a guard, and turnstile boards by protocol."""
