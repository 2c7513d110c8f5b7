"""Acts on receivers of events, and the delivery of events to them by a thread of its own."""
