"""An office computer at the console: run in the boards' network with an address, the host's name
and the certificate of the park's authority for pages; prints the status and the page."""

import http.client
import socket
import ssl
import sys

PORT = 8444


def ask(address: str, name: str, authority: str) -> str:
    """Return the status and the page at which people sign in. Raises OSError."""
    context = ssl.create_default_context(cadata=authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    plain = socket.create_connection((address, PORT), timeout=20)
    connection = http.client.HTTPConnection(name, PORT)
    connection.sock = context.wrap_socket(plain, server_hostname=name)
    connection.request("GET", "/sign-in", headers={"Accept-Language": "en"})
    answer = connection.getresponse()
    return f"{answer.status} {answer.read().decode()}"


if __name__ == "__main__":
    print(ask(*sys.argv[1:]))
