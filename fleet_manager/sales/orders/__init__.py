"""Orders: what somebody wants, what it costs, whether it is paid, and which tickets came of it."""
