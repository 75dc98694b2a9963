"""The parts that the HTTP layer works with; the composition root provides them."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from groupchat.addresses import Addresses
from groupchat.carriers.port import Posted
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.http.guards.auth import Door
from groupchat.http.guards.refusal_log import RefusalLog
from groupchat.http.guards.sign_in import SignIn
from groupchat.http.guards.throttle import Throttle
from groupchat.http.guards.tokens import Tokens
from groupchat.http.monitoring.health import MAX_LAG_SECONDS, Checkup
from groupchat.http.monitoring.metrics import Metrics
from groupchat.http.streams.streams import Streams
from groupchat.http.web.refusals import BODY_SECONDS
from groupchat.media.library import Library
from groupchat.queries.views import Views
from groupchat.store.event_store import EventStore
from groupchat.store.last_uses import LastUses
from groupchat.store.probe import Probe
from groupchat.store.progress import Progress
from groupchat.webhooks.secret_keys import SecretKeys

PATIENCE_SECONDS = 5.0
"""The time that a response waits for followers before it is a 503."""


class Services(Struct, frozen=True, kw_only=True):
    """The parts that routes use.

    `simulator` is the carrier, if it is the simulated one. `carrier_webhooks` has, by the carriers' names, the function that takes
    what a carrier posted, with the request's correlation id. `followers` are the names that `/readyz` asks for, whichever process
    runs them; those in `reported` are only reported. `max_lag` is the number of seconds that an event may wait for one of them, and
    `patience` the number that a response waits. A body must arrive within `body_seconds`. `running` has the users' idempotency
    keys whose requests this process is handling. Without `tokens`, only API keys are accepted; without `sign_in`, nobody signs in
    through an identity provider. `public_url` is where callers find this API. Without `secret_keys`, no webhook can be added;
    `addresses` judges which addresses webhooks may call. `media` has the files of messages.
    """

    store: EventStore
    progress: Progress
    simulator: Simulator | None = None
    carrier_webhooks: Mapping[str, Callable[[Posted, str], Awaitable[int]]] = {}
    followers: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    max_lag: float = MAX_LAG_SECONDS
    patience: float = PATIENCE_SECONDS
    body_seconds: float = BODY_SECONDS
    running: set[tuple[str, str]] = field(default_factory=set)
    streams: Streams
    throttle: Throttle = field(default_factory=Throttle)
    tokens: Tokens | None = None
    sign_in: SignIn | None = None
    last_uses: LastUses
    refusals: RefusalLog
    metrics: Metrics = field(default_factory=Metrics)
    public_url: str | None = None
    secret_keys: SecretKeys | None = None
    media: Library
    addresses: Addresses = field(default_factory=Addresses)

    @property
    def views(self) -> Views:
        """The read models, and how long to wait for them."""
        return Views(self.store, self.progress, self.patience)

    @property
    def door(self) -> Door:
        """The parts that authenticate callers."""
        return Door(self.store, self.throttle, self.tokens, self.last_uses)

    @property
    def checkup(self) -> Checkup:
        """The parts that monitor the process."""
        return Checkup(self.store, self.metrics, Probe(self.store.database), self.followers, self.reported, max_lag=self.max_lag)
