"""Whom a park has to deal with beside ordinary visitors, and the checks of what they were told and
what staff did."""
