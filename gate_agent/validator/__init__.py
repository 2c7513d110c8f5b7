"""PURE. What gate and management centre must agree on byte for byte, and the decision.

Nothing here opens a file, reads a clock or draws a random number; the only libraries are the
standard one, `cryptography` and `cbor2`. `docs/wire.md` is the normative text of the formats.
"""
