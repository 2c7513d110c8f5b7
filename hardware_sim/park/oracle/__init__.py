"""What each visitor should be told, made from the words of docs/ and never from the gate's own
decision; and what it must know for that."""
