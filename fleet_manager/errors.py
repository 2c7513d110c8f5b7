"""The exception families of the centre. Bytes from outside are `WireError`, in the validator."""


class CentreError(Exception):
    """Something that was asked for cannot be done.

    The message says what, in lower case; `hint` says what to do about it. `exit_status` is what a
    command ends with.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CentreConfigError(CentreError):
    """A setting or a file of the data folder cannot be used. Exit status 78 (EX_CONFIG)."""

    exit_status = 78
