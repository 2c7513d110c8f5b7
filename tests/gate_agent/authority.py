"""A centre's end of a renewal, with a real authority and without a database."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from fleet_manager.keys import certificates
from fleet_manager.keys.vault import Signer, Vault
from gate_agent.validator.messages import renewal
from gate_agent.validator.messages.link_secret import link_secret
from gate_agent.validator.messages.renewal import Renew, Renewed
from tests.gate_agent.samples import GATE, NOW_S, PARK, RING, Key, key

NOW = datetime.fromtimestamp(NOW_S, UTC)
LINK = b"l" * 32


class Authority:
    """Certifies what gates have drawn."""

    def __init__(self, of: Key | None = None) -> None:
        private = (of or key(41)).private
        public = private.public_key().public_bytes_raw()
        signer = Signer(bytes(4), public, private.sign)
        self._vault = Vault(
            ticket=signer,
            list=signer,
            centre=signer,
            ring=RING,
            pepper=bytes(16),
            authority_public=public,
            sign_certificate=lambda builder: builder.sign(private, None),
            link=LINK,
        )

    def write(self, folder: Path) -> None:
        """Its certificate, as the bundle has it."""
        (folder / "ca.crt").write_bytes(certificates.authority(self._vault, PARK, NOW))

    def certificate(self, public: bytes, gate: str = GATE) -> bytes:
        """DER."""
        pem = certificates.client(self._vault, PARK, gate, public, NOW)
        return ssl.PEM_cert_to_DER_cert(pem.decode())

    def answer(self, asked: Renew) -> Renewed:
        """As the centre answers."""
        secret = link_secret(LINK, GATE, asked.public)
        box = renewal.seal_box(secret, GATE, asked, b"e" * 32)
        return Renewed(asked.public, self.certificate(asked.public), box)
