"""Every reader of bytes, and bytes that are meant to keep it busy.

*No reader of bytes takes longer than a bound that grows with the input's length.* `registry` names
the readers, `hostile` makes the bytes, `timing` measures; the bench shows the worst of them.
"""
