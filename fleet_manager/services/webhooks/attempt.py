"""One attempt to deliver: sign, send, and say what came of it. No database."""

from collections.abc import Collection
from dataclasses import dataclass

from fleet_manager.errors import CentreError
from fleet_manager.events import receiver_url, signing
from fleet_manager.events.deliveries import Delivery, DeliveryKind, Outcome
from fleet_manager.events.sender import Answer, Sender
from fleet_manager.events.webhooks import Webhook
from fleet_manager.keys.vault import Vault


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """An event on its way to a receiver. `at_ms`: when it is sent."""

    webhook: Webhook
    event: str
    type: str
    kind: DeliveryKind
    body: bytes
    at_ms: int

    def make(self, sender: Sender, vault: Vault, hosts: Collection[str]) -> Answer:
        """Sign and send, and return what came of it. It takes up to 20 s. A host that is not
        allowed any more is a failure like another."""
        try:
            target = receiver_url.read_url(self.webhook.url, hosts)
        except CentreError as error:
            return Answer(0, str(error))
        headers = signing.signed_headers(
            self.event, self.at_ms // 1000, self.body, self._secrets(vault)
        )
        return sender.post(target, self.body, headers)

    def logged(self, answer: Answer) -> Delivery:
        """Return the line of the log for what came of it; its number comes with the log."""
        return Delivery(
            number=0,
            webhook=self.webhook.name,
            event=self.event,
            type=self.type,
            kind=self.kind.value,
            at_ms=self.at_ms,
            took_ms=answer.took_ms,
            status=answer.status,
            result=(Outcome.FAILED if answer.mistake else Outcome.DELIVERED).value,
            detail=answer.mistake,
        )

    def _secrets(self, vault: Vault) -> list[bytes]:
        """Return the secret in force, and the one before as long as it is good."""
        current = self.webhook.generation
        secrets = [vault.webhook_secret(self.webhook.salt, current)]
        if self.at_ms < self.webhook.old_until_ms:
            secrets.append(vault.webhook_secret(self.webhook.salt, current - 1))
        return secrets
