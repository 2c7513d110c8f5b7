"""The exception families of the gate. Each says what the technician should do next.

`WireError` (bytes from outside) lives in `gate_agent.validator.errors`, because the management
centre raises it as well.
"""


class GateError(Exception):
    """Base of every error this daemon raises on purpose.

    The message says what could not be done, in lower case. `hint`: what to do about it, empty if
    the message says it all. `exit_status`: of a command that ends with it.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def line(self) -> str:
        """Return message and hint, as a shell or a log shows them."""
        return f"gate-agent: {self}; {self.hint}" if self.hint else f"gate-agent: {self}"


class ConfigError(GateError):
    """A setting cannot be used. Names the file, the key and what is allowed."""

    exit_status = 78


class FolderTakenError(GateError):
    """Another daemon runs on this gate's data folder."""

    exit_status = 75


class DriverFault(GateError):
    """A device does not do what it should. `transient`: another try may help."""

    def __init__(self, message: str, hint: str = "", *, transient: bool = True) -> None:
        super().__init__(message, hint)
        self.transient = transient


class JournalError(GateError):
    """Something could not be made durable; for a record, the lane closes until it can."""
