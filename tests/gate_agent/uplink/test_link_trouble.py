"""Why there is no link, in words: each cause has its own, with what to do."""

import errno
import socket
import ssl

import pytest

from gate_agent.config.settings import BrokerAddress
from gate_agent.uplink.link_trouble import closed_by_broker, trouble_of

BROKER = BrokerAddress("centre.example", 8883)


def verification(code: int, message: str = "self-signed certificate") -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, message)
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name centre.example is not known"),
        (ConnectionRefusedError(111, "refused"), "nobody listens at centre.example:8883"),
        (TimeoutError("timed out"), "no answer from centre.example:8883"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no network to centre.example:8883"),
        (verification(62), "is for another name than centre.example"),
        (verification(64), "is for another name than centre.example"),
        (verification(10), "has expired"),
        (verification(9), "is not valid yet"),
        (verification(18), "is not of this park's authority: self-signed certificate"),
        (ssl.SSLError(1, "TLSV1_ALERT_UNKNOWN_CA"), "does not accept this gate's certificate"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "does not speak TLS as the broker does"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (ssl.SSLEOFError(8, "EOF occurred"), "closed the connection before it accepted"),
        (OSError(), "the connection was closed"),
    ],
)
def test_each_cause_is_named_and_has_a_cure(error: OSError, words: str) -> None:
    trouble = trouble_of(error, BROKER)
    assert words in trouble.line()
    assert "centre.example" in trouble.why.en
    assert "centre.example" in trouble.why.zh
    assert trouble.hint.en
    assert trouble.hint.zh


def test_a_connection_that_is_closed_early_points_to_the_brokers_log() -> None:
    assert "before it accepted this gate" in closed_by_broker("centre.example:8883").line()
