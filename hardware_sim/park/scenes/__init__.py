"""Scenes: what seldom comes together by itself, brought about on purpose, with random numbers of
their own. The checks know nothing of them."""
