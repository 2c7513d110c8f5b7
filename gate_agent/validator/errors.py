"""The one exception for bytes that come from outside and do not follow their format."""


class WireError(ValueError):
    """Bytes from a visitor, the network or a disk do not follow the format.

    The message is lower case and never repeats the bytes themselves: they may be hostile.
    """
