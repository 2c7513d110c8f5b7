"""The one exception for bytes from outside."""

from gate_agent.validator.errors import WireError


def test_it_is_a_value_error() -> None:
    assert issubclass(WireError, ValueError)
