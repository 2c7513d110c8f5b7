"""The console's certificate, as a program at an office computer verifies it."""

import ssl
from dataclasses import replace

from fleet_manager.centre import Centre
from fleet_manager.web import tls


def shake_hands(park: Centre, name: str) -> str:
    """Return the version of TLS that the console and a strict client agree on. Raises SSLError."""
    server_context = tls.make_context(park)
    context = ssl.create_default_context(cafile=str(tls.authority_file(park)))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    while waiting:
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
    return str(client.version())


def test_a_strict_program_takes_the_console_by_the_parks_authority_for_pages(park: Centre) -> None:
    assert shake_hands(park, park.config.web_host) == "TLSv1.3"
    assert shake_hands(park, "localhost") == "TLSv1.3"


def test_the_authority_stays_when_the_console_starts_again(park: Centre) -> None:
    tls.make_context(park)
    before = tls.authority_file(park).read_bytes()
    more = replace(park.config, web=replace(park.config.web, hosts=("10.0.0.7",)))
    assert shake_hands(replace(park, config=more), "10.0.0.7") == "TLSv1.3"
    assert tls.authority_file(park).read_bytes() == before
