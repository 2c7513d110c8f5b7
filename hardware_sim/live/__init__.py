"""A park of real processes under one's own hands: a training ground, scripted or typed, and the
command that kills it a thousand times."""
