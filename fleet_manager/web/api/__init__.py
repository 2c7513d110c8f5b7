"""The API for programs: JSON under /api/v1, over the same services and rights as the pages.

`operations` is the one table: an address, the function that answers, and the types of what goes in
and out. The document (`openapi`) and the checks of requests (`reading`) are made of these types, so
they cannot differ.
"""
