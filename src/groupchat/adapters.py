"""The carriers that are configured, with their adapters.

`GROUPCHAT_CARRIER` names the carrier of business numbers that name none. All other configured carriers work next to it. A new
carrier is a package in `carriers/` that implements `carriers/port.py`, a name and its requirements in `settings.py`, and a function
here.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from groupchat.carriers.bandwidth import setup as bandwidth_setup
from groupchat.carriers.bandwidth.adapter import Bandwidth, BandwidthAccount
from groupchat.carriers.bandwidth.passwords import WebhookLogin
from groupchat.carriers.calls import Calls
from groupchat.carriers.port import Carrier, CarrierFinding, Webhook, Work
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.files import HOME, HandsetFiles
from groupchat.carriers.telnyx import setup as telnyx_setup
from groupchat.carriers.telnyx.adapter import Telnyx, TelnyxAccount
from groupchat.carriers.telnyx.signature import is_public_key
from groupchat.carriers.twilio import setup as twilio_setup
from groupchat.carriers.twilio.adapter import Twilio, TwilioAccount, TwilioCalls
from groupchat.http.routes.carrier_webhooks import path_of
from groupchat.media.fetching import MediaSource, basic_login
from groupchat.settings import CARRIERS, Settings, SettingsError
from groupchat.store.database import Database
from groupchat.values.clock import Clock

_DAY = 86_400.0


class Adapter(Struct, frozen=True, kw_only=True):
    """A carrier with its worker and webhook.

    `work` is what it does by itself, as a worker of the carrier's name; `webhook` takes what the carrier posts; `check` makes
    harmless calls, and reports what is still to be set up, also for these business numbers; `close` ends its connections.
    `simulator` is the carrier itself if it is the simulated one: its handsets have routes of their own, and its worker posts to
    its webhook.
    """

    carrier: Carrier
    work: Work | None = None
    webhook: Webhook | None = None
    check: Callable[[Sequence[str]], Awaitable[Sequence[CarrierFinding]]] | None = None
    close: Callable[[], Awaitable[None]] | None = None
    media: MediaSource | None = None
    simulator: Simulator | None = None


def choose(settings: Settings, database: Database, clock: Clock) -> tuple[Adapter, ...]:
    """Return the adapters of all configured carriers, the default one first. Raises `SettingsError`."""
    made = {name: _MAKERS[name](settings, database, clock) for name in CARRIERS if settings.has(name)}
    if settings.carrier == "simulator":
        made["simulator"] = _simulator(settings, database, clock)
    return made.pop(settings.carrier), *made.values()


def _simulator(settings: Settings, database: Database, clock: Clock) -> Adapter:
    simulator = Simulator(database, clock, native_group=settings.simulator_native_group)
    media = MediaSource(below=[HOME], answers=HandsetFiles(), kept_seconds=_DAY)
    return Adapter(carrier=simulator, webhook=simulator.webhook, media=media, simulator=simulator)


def _telnyx(settings: Settings, _database: Database, clock: Clock) -> Adapter:
    if not (settings.telnyx_api_key or "").isascii():
        msg = "GROUPCHAT_TELNYX_API_KEY is not an API key: it has letters that no key has. Copy it from Telnyx's portal again."
        raise SettingsError(msg)
    public_keys = (settings.telnyx_public_key or "").split()
    if not all(map(is_public_key, public_keys)):
        msg = "GROUPCHAT_TELNYX_PUBLIC_KEY is not a public key: 32 bytes as base64, as Telnyx's portal shows it."
        raise SettingsError(msg)
    account = TelnyxAccount(
        public_keys=public_keys,
        webhook_url=settings.public(path_of("telnyx")),
        trust_key=settings.telnyx_trust_idempotency_key,
    )
    calls = Calls(settings.telnyx_url, headers={"authorization": f"Bearer {settings.telnyx_api_key}"})
    telnyx = Telnyx(account, calls, clock)
    checking = partial(telnyx_setup.check, calls, settings.telnyx_messaging_profile_id or "", account.webhook_url)
    media = MediaSource(below=["https://media.telnyx.com/"], kept_seconds=30 * _DAY)  # without credentials
    return Adapter(carrier=telnyx, webhook=telnyx.webhook, check=checking, close=calls.close, media=media)


def _bandwidth(settings: Settings, _database: Database, _clock: Clock) -> Adapter:
    user = settings.bandwidth_webhook_user or ""
    account = BandwidthAccount(
        account_id=settings.bandwidth_account_id or "",
        application_id=settings.bandwidth_application_id or "",
        webhook_logins=[WebhookLogin(user, password) for password in (settings.bandwidth_webhook_password or "").split()],
        confirms_delivery=settings.bandwidth_delivery_receipts,
    )
    login = settings.bandwidth_user or "", settings.bandwidth_password or ""
    calls = Calls(settings.bandwidth_url, basic=login)
    below = f"{settings.bandwidth_url}/users/{quote(account.account_id)}/media/"
    media = MediaSource(below=[below], headers=basic_login(*login), kept_seconds=2 * _DAY)
    bandwidth = Bandwidth(account, calls)
    checking = partial(bandwidth_setup.check, calls, account.account_id, settings.public(path_of("bandwidth")))
    return Adapter(carrier=bandwidth, webhook=bandwidth.webhook, check=checking, close=calls.close, media=media)


def _twilio(settings: Settings, database: Database, clock: Clock) -> Adapter:
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid or "",
        service_sid=settings.twilio_service_sid or "",
        messaging_service_sid=settings.twilio_messaging_service_sid or "",
        auth_tokens=(settings.twilio_auth_token or "").split(),
        public_url=settings.public_url or "",
        webhook_url=settings.public(path_of("twilio")),
        media_url=f"{settings.twilio_media_url}/v1",
    )
    login = settings.twilio_api_key or "", settings.twilio_api_secret or ""
    calls = TwilioCalls(
        conversations=Calls(f"{settings.twilio_url}/v1", basic=login),
        messages=Calls(f"{settings.twilio_messages_url}/2010-04-01", basic=login),
        media=Calls(account.media_url, basic=login),
    )
    twilio = Twilio(account, calls, database, clock)
    media = MediaSource(
        below=[
            f"{account.media_url}/Services/",
            f"{settings.twilio_messages_url}/2010-04-01/Accounts/{account.account_sid}/Messages/",
        ],
        headers=basic_login(*login),
        kept_seconds=30 * _DAY,  # Twilio itself deletes nothing, but the account's owner may
        link=twilio_setup.CONTENT_LINK,
    )
    expected = twilio_setup.ExpectedSetup(account.account_sid, account.service_sid, account.webhook_url)
    checking = partial(twilio_setup.check, calls.conversations, calls.messages, expected)
    return Adapter(carrier=twilio, work=twilio.work, webhook=twilio.webhook, check=checking, close=calls.close, media=media)


_MAKERS: dict[str, Callable[[Settings, Database, Clock], Adapter]] = {
    "telnyx": _telnyx,
    "bandwidth": _bandwidth,
    "twilio": _twilio,
}
