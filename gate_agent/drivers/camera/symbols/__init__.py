"""Find, straighten and repair QR symbols that the library sees but cannot read (ADR 0018)."""
