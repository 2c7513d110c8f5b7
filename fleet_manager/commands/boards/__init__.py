"""Commands about the software of boards, and the door at which they ask for it."""
