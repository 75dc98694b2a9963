"""The calls to all webhooks: their connections, signatures and counts (R55)."""

from datetime import datetime

import structlog

from groupchat.addresses import Addresses, certificates
from groupchat.aggregates.webhook_state import WebhookState
from groupchat.processes.webhooks.counts import WebhookCounts
from groupchat.tracing import calling, failed
from groupchat.values.clock import Clock
from groupchat.values.errors import described
from groupchat.values.event import Recorded
from groupchat.webhooks.calls import CALL_SECONDS, CallOutcome, Receiver, signed
from groupchat.webhooks.message import encode, message_id
from groupchat.webhooks.secret_keys import SecretKeys

log = structlog.get_logger()


class WebhookCalls:
    """Calls webhooks. Each has its own connections."""

    def __init__(
        self,
        addresses: Addresses,
        keys: SecretKeys | None,
        *,
        clock: Clock,
        counts: WebhookCounts | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.counts = counts or WebhookCounts()
        self._addresses = addresses
        self._keys = keys
        self._clock = clock
        self._call_seconds = call_seconds
        self._receivers: dict[str, Receiver] = {}

    async def call(self, webhook: WebhookState, recorded: Recorded) -> CallOutcome:
        """Send an event to a webhook; whatever happens is an outcome."""
        try:
            with calling("webhook", recorded.cause.correlation_id):
                outcome = await self._call(webhook, recorded, self._clock())
                if not outcome.delivered:
                    failed()
        except Exception as error:
            log.exception("webhook_call_failed", webhook_id=webhook.id, position=recorded.position)
            outcome = CallOutcome(seconds=0, error=described(error))
        self.counts.called(outcome, (self._clock() - recorded.at).total_seconds())
        return outcome

    def forget(self, webhook_id: str) -> None:
        """Close the connections of a webhook, if it has any."""
        if receiver := self._receivers.pop(webhook_id, None):
            receiver.close()

    def close(self) -> None:
        """Close all connections."""
        for webhook_id in list(self._receivers):
            self.forget(webhook_id)

    async def _call(self, webhook: WebhookState, recorded: Recorded, now: datetime) -> CallOutcome:
        secrets = self._secrets(webhook, now)
        if not secrets:
            return CallOutcome(seconds=0, error="not called: the server's key that makes the secret is not set")
        body = encode(recorded)
        headers = signed(message_id(webhook, recorded.position), now, body, secrets)
        return await self._receiver(webhook).post(headers, body)

    def _secrets(self, webhook: WebhookState, now: datetime) -> list[str]:
        if self._keys is None:
            return []
        made = (self._keys.secret(each.made_with, each.id) for each in webhook.secrets_at(now))
        return [secret for secret in made if secret is not None]

    def _receiver(self, webhook: WebhookState) -> Receiver:
        """Return the receiver at a webhook's present address."""
        receiver = self._receivers.get(webhook.id)
        if receiver is None or receiver.url != webhook.url:
            receiver = Receiver(webhook.url, self._addresses, certificates(), self._call_seconds)
            before, self._receivers[webhook.id] = self._receivers.get(webhook.id), receiver
            if before is not None:
                before.close()
        return receiver
