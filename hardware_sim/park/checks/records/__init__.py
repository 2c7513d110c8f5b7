"""The records themselves: at the centre as on the cards, counted, and kept as long as they are
needed."""
