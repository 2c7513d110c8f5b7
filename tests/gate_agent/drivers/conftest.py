"""The drivers come first: they set OpenCV's limits, which it takes when it is loaded."""

import gate_agent.drivers  # noqa: F401
