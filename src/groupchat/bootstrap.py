"""The composition root: the only place where the parts are created and connected.

What needs Kafka's client is loaded where it is used, because few installations have brokers.
"""

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from groupchat import adapters, workers
from groupchat.adapters import Adapter
from groupchat.addresses import Addresses, read_networks
from groupchat.broker.connection import Brokers
from groupchat.broker.topics import RELAY
from groupchat.carriers.port import known
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.twilio.adapter import Twilio
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.http.routes.carrier_webhooks import posting
from groupchat.http.services import Services
from groupchat.http_parts import services_of
from groupchat.media.fetching import Fetcher, MediaSource
from groupchat.processes.acting import Acting
from groupchat.processes.carrier_counts import CarrierCounts
from groupchat.processes.contact_changes import ContactChanges
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.media_fetching import FetchCounts, MediaFetching
from groupchat.processes.overdue_reviews import OverdueReviews
from groupchat.processes.process import BACKGROUND_AFTER_SECONDS, Reaction
from groupchat.processes.webhooks.calling import WebhookCalls
from groupchat.processes.webhooks.counts import WebhookCounts
from groupchat.processes.webhooks.worker import Webhooks
from groupchat.projections import CONVERSATION_VIEWS, VIEWS
from groupchat.projections.view import Projection
from groupchat.proof import checkpointing
from groupchat.proof import growing as proof
from groupchat.proof.checkpointing import Checkpoints
from groupchat.proof.notes import SigningKey
from groupchat.proof.publishing import Target, target
from groupchat.settings import Settings
from groupchat.store import housekeeping
from groupchat.store.database import CONNECTIONS, Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.freshness import keep_fresh
from groupchat.store.holders import keep_seen
from groupchat.store.progress import Progress
from groupchat.store.schema import migrated_database
from groupchat.store.signals import Signals
from groupchat.values.clock import Clock, utc_now
from groupchat.values.errors import ExpectedError
from groupchat.webhooks.secret_keys import SecretKeys
from groupchat.workers import Worker

if TYPE_CHECKING:
    from groupchat.processes.relay.relay import Relay

THREADS = CONNECTIONS - 1
"""The number of blocking database calls that a process makes at the same time. A connection is left for the committer."""
THREADS_SQLITE = 48
"""The same on SQLite, where all workers of a process may be waiting for the lock of its one writer, without delaying readers."""
OPTIONAL_WORKERS = (Simulator.name, Twilio.name, checkpointing.NAME, RELAY)
"""The workers that exist only with some settings."""
_NEED_FILES = frozenset({DeliveryProcess.name, MediaFetching.name})
"""The workers that need the files of messages, as HTTP does."""

_NEW_OBJECTS = 20_000
_M_ARENA_MAX = -8
"""An option of glibc's `mallopt`, as its `malloc.h` numbers it: the number of heaps that threads take memory from."""
_ARENAS = 2
"""By default, glibc gives nearly every thread a heap of its own, and what one has freed there the others can't use."""


class NoBrokersError(ExpectedError):
    """Something that needs Kafka was requested, and no brokers are configured. The message says what to set."""


class NoAuditKeyError(ExpectedError):
    """There is no key to sign checkpoints with; the message says what to set."""


class System(Struct, frozen=True, kw_only=True):
    """All parts of one process."""

    settings: Settings
    database: Database
    signals: Signals
    store: EventStore
    progress: Progress
    adapters: Sequence[Adapter]
    """The carriers' adapters, that of the default carrier first."""
    carrier_counts: CarrierCounts
    webhook_counts: WebhookCounts
    fetcher: Fetcher
    """Fetches what people send from the carriers."""
    workers: dict[str, Worker]
    services: Services
    """The parts for the HTTP layer."""

    @property
    def simulator(self) -> Simulator | None:
        """The simulated carrier, if it is the default one."""
        return self.adapters[0].simulator

    async def close(self) -> None:
        """Close the connections to the carriers, and look up no more addresses."""
        await self.fetcher.close()
        for each in self.adapters:
            if each.close is not None:
                await each.close()
        self.services.addresses.close()


def provide_threads(database: Database) -> None:
    """Give the running event loop enough threads for blocking calls of the database."""
    threads = THREADS_SQLITE if database.is_sqlite else THREADS
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="blocking"))


def settle_memory() -> None:
    """Let the garbage collector run less often, and skip imported objects permanently; let threads share their free memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    with suppress(AttributeError):  # another C library than glibc has no such option
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


@asynccontextmanager
async def running(settings: Settings, *, clock: Clock = utc_now, adapter: Adapter | None = None) -> AsyncIterator[System]:
    """Open the database, create the parts, and close them at the end. No worker runs yet. `adapter` is as in `assemble`."""
    settle_memory()
    database = await asyncio.to_thread(migrated_database, settings.database_url)
    provide_threads(database)
    signals = Signals(database)
    store = EventStore(database, signals, clock=clock, max_waiting=settings.max_waiting_appends)
    stop = asyncio.Event()
    fresh = asyncio.create_task(keep_fresh(store, stop))
    seen = asyncio.create_task(keep_seen(database, stop))
    system = assemble(settings, database, signals, store, clock=clock, adapter=adapter)
    try:
        yield system
    finally:
        await system.close()
        stop.set()
        await fresh
        await seen
        await asyncio.to_thread(store.close)
        await asyncio.to_thread(signals.close)
        database.close()


def assemble(
    settings: Settings,
    database: Database,
    signals: Signals,
    store: EventStore,
    *,
    clock: Clock = utc_now,
    adapter: Adapter | None = None,
) -> System:
    """Join the parts; without `adapter` the settings choose the carriers."""
    chosen = adapters.choose(settings, database, clock) if adapter is None else (adapter,)
    store.know(known(*(each.carrier for each in chosen)))
    calls = CarrierCounts()
    secret_keys = None if settings.webhook_key is None else SecretKeys.read(settings.webhook_key)
    addresses = Addresses(read_networks(settings.webhook_networks or ""))
    outgoing = WebhookCalls(addresses, secret_keys, clock=clock)
    progress = Progress(database, signals)
    services = services_of(settings, store, chosen, progress=progress, secret_keys=secret_keys, addresses=addresses)
    services.metrics.include(calls.collectors)
    services.metrics.include(outgoing.counts.collectors)
    fetcher, fetches = Fetcher(_sources(chosen), Addresses()), FetchCounts()  # without the networks that webhooks may call
    services.metrics.include(fetches.collectors)
    store.observe(services.metrics.stored)
    sending = Webhooks(store, outgoing)
    runs: dict[str, Worker] = {
        **{name: Follower(store, Projection(database, view, store.applying)).run for name, view in VIEWS.items()},
        **{each.name: each.run for each in _processes(services, chosen, calls)},
        MediaFetching.name: _calling(store, MediaFetching(store, services.media.store, fetcher, fetches)).run,
        sending.name: sending.run,
        proof.NAME: proof.Tree(database, signals).run,
        **dict(_carriers_work(services, chosen)),
        housekeeping.NAME: partial(housekeeping.run, store),
        **dict(_chosen_workers(settings, store)),
    }
    return System(
        settings=settings,
        database=database,
        signals=signals,
        store=store,
        progress=progress,
        adapters=chosen,
        carrier_counts=calls,
        webhook_counts=outgoing.counts,
        fetcher=fetcher,
        workers=runs,
        services=services,
    )


def _sources(chosen: Sequence[Adapter]) -> dict[str, MediaSource]:
    return {each.carrier.name: each.media for each in chosen if each.media is not None}


def _processes(services: Services, chosen: Sequence[Adapter], calls: CarrierCounts) -> Iterator[Acting]:
    store, default = services.store, chosen[0].simulator
    forwarding = default if default and default.native_group else None
    delivery = DeliveryProcess(
        store, *(each.carrier for each in chosen), calls=calls, forwarding=forwarding, library=services.media
    )
    yield Acting(store, ContactChanges(store))
    yield _calling(store, delivery)
    yield Acting(store, OverdueReviews(store))


def _calling(store: EventStore, reaction: Reaction) -> Acting:
    """Return a process that makes calls over a network: one that takes long doesn't delay the others."""
    return Acting(store, reaction, background_after=BACKGROUND_AFTER_SECONDS)


def _carriers_work(services: Services, chosen: Sequence[Adapter]) -> Iterator[tuple[str, Worker]]:
    for each in chosen:
        if each.simulator is not None:
            yield each.carrier.name, partial(each.simulator.work, posting(services, each.carrier.name))
        elif each.work is not None:
            yield each.carrier.name, partial(each.work, CarrierInbox(Arrivals(services.store), each.carrier.name))


def _chosen_workers(settings: Settings, store: EventStore) -> Iterator[tuple[str, Worker]]:
    """Return the workers that exist only with some settings, apart from those of the carriers."""
    if settings.audit_key is not None:
        targets = audit_targets(settings, [each.strip() for each in (settings.audit_publish or "").split(",") if each.strip()])
        checkpoints = Checkpoints(store.database, audit_key(settings), targets, settings.audit_checkpoint_seconds)
        yield checkpointing.NAME, checkpoints.run
    if settings.kafka_bootstrap_servers is not None:
        yield RELAY, relay_of(settings, store).run


def audit_key(settings: Settings) -> SigningKey:
    """Return the key that signs checkpoints; raises `NoAuditKeyError`, `KeyFormatError`."""
    if settings.audit_key is None:
        msg = "No key is set. Make one with `groupchat audit keygen`, and set GROUPCHAT_AUDIT_KEY_FILE to its file."
        raise NoAuditKeyError(msg)
    return SigningKey.read(settings.audit_key)


def audit_targets(settings: Settings, texts: Sequence[str]) -> list[Target]:
    """Return the places that checkpoints are published to; raises `PublishingError`."""

    def send(topic: str, key: str, value: str) -> None:
        from groupchat.broker.notices import send_one  # noqa: PLC0415 - needs Kafka's client

        send_one(required_brokers(settings), topic, key, value)

    return [target(text, send) for text in texts]


def required_brokers(settings: Settings) -> Brokers:
    """Return the settings for connecting to Kafka; raises `NoBrokersError`."""
    if settings.kafka_bootstrap_servers is None:
        msg = "No Kafka brokers are set. Set GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS to HOST:PORT,HOST:PORT (docs/kafka.md)."
        raise NoBrokersError(msg)
    return Brokers(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=settings.kafka_sasl_password,
        ssl_cafile=settings.kafka_ssl_cafile,
        ssl_certfile=settings.kafka_ssl_certfile,
        ssl_keyfile=settings.kafka_ssl_keyfile,
    )


def over_kafka(system: System) -> System:
    """Return the system with one worker, which follows Kafka, in place of those of the conversations' views.

    Raises `NoBrokersError`.
    """
    from groupchat.processes.partitions.worker import PartitionWorker  # noqa: PLC0415 - needs Kafka's client

    settings = system.settings
    names = {view.name for view in CONVERSATION_VIEWS}
    share = PartitionWorker(system.store, CONVERSATION_VIEWS, required_brokers(settings), settings.kafka_topic_prefix or "")
    left = {name: worker for name, worker in system.workers.items() if name not in names}
    return replace(system, workers={share.name: share.run, **left})


def relay_of(settings: Settings, store: EventStore, *, prefix: str | None = None, start: int | None = None) -> "Relay":
    """Return the live relay; for another prefix, one that replays next to it, with a separate position and lease."""
    from groupchat.processes.relay.publisher import Publisher  # noqa: PLC0415 - needs Kafka's client
    from groupchat.processes.relay.relay import Relay  # noqa: PLC0415 - the same

    live = settings.kafka_topic_prefix or ""
    chosen = live if prefix is None else prefix
    name = RELAY if chosen == live else f"{RELAY}:{chosen}"
    publisher = Publisher(required_brokers(settings), chosen)
    return Relay(store, publisher, name=name, start=start, public_url=settings.public_url)


@asynccontextmanager
async def working(system: System, names: Sequence[str] | None) -> AsyncIterator[asyncio.Event]:
    """Run workers (all for an empty sequence, none for `None`) during the block; the event is set when one has failed.

    Raises `MediaStoreError` if files can't be written, unless none of the workers needs files.
    """
    stop = asyncio.Event()
    if not names or not _NEED_FILES.isdisjoint(names):
        await system.services.media.store.check()
    if RELAY in (names or ()):
        required_brokers(system.settings)
    chosen = {} if names is None else workers.choose(system.workers, names)
    task = asyncio.create_task(workers.run(chosen, stop))
    try:
        yield stop
    finally:
        stop.set()
        await task
