"""Settings: read from the environment in this one place, checked at start, frozen.

| variable | meaning | default |
|---|---|---|
| `GROUPCHAT_DATABASE_URL` | an SQLAlchemy URL: `sqlite:///FILE` or `postgresql://user@host/name` | `sqlite:///groupchat.db` |
| `GROUPCHAT_CARRIER` | carrier of numbers that name none: `simulator`, `telnyx`, `bandwidth` or `twilio` | `simulator` |
| `GROUPCHAT_SIMULATOR_NATIVE_GROUP` | whether the simulated carrier forwards replies itself (R12) | `true` |
| `GROUPCHAT_TELNYX_API_KEY` | API key | unset |
| `GROUPCHAT_TELNYX_PUBLIC_KEY` | public key that verifies webhooks, as base64; two, with a space between, if it changes | unset |
| `GROUPCHAT_TELNYX_MESSAGING_PROFILE_ID` | messaging profile of the business numbers | unset |
| `GROUPCHAT_TELNYX_URL` | address of the API | `https://api.telnyx.com/v2` |
| `GROUPCHAT_TELNYX_TRUST_IDEMPOTENCY_KEY` | whether a call can be repeated with the same key (carriers.md) | `false` |
| `GROUPCHAT_BANDWIDTH_ACCOUNT_ID` | account | unset |
| `GROUPCHAT_BANDWIDTH_APPLICATION_ID` | messaging application | unset |
| `GROUPCHAT_BANDWIDTH_USER` | API user | unset |
| `GROUPCHAT_BANDWIDTH_PASSWORD` | the API user's password | unset |
| `GROUPCHAT_BANDWIDTH_WEBHOOK_USER` | user name that Bandwidth's webhooks have | unset |
| `GROUPCHAT_BANDWIDTH_WEBHOOK_PASSWORD` | their password; two, with a space between, if it changes | unset |
| `GROUPCHAT_BANDWIDTH_URL` | address of the API | `https://messaging.bandwidth.com/api/v2` |
| `GROUPCHAT_BANDWIDTH_DELIVERY_RECEIPTS` | whether the account has receipts from handsets for MMS | `false` |
| `GROUPCHAT_TWILIO_ACCOUNT_SID` | account | unset |
| `GROUPCHAT_TWILIO_API_KEY` | API key | unset |
| `GROUPCHAT_TWILIO_API_SECRET` | the API key's secret | unset |
| `GROUPCHAT_TWILIO_AUTH_TOKEN` | auth token that verifies webhooks; two, with a space between, if it changes | unset |
| `GROUPCHAT_TWILIO_MESSAGING_SERVICE_SID` | Messaging Service with the campaign and the business numbers | unset |
| `GROUPCHAT_TWILIO_SERVICE_SID` | Conversations service | unset |
| `GROUPCHAT_TWILIO_URL` | address of Conversations | `https://conversations.twilio.com` |
| `GROUPCHAT_TWILIO_MESSAGES_URL` | address of the API for messages to one person | `https://api.twilio.com` |
| `GROUPCHAT_TWILIO_MEDIA_URL` | address where the account's media are | `https://mcs.us1.twilio.com` |
| `GROUPCHAT_MEDIA_URL` | where files of messages are: `file:///FOLDER` or `s3://BUCKET/PREFIX` | unset |
| `GROUPCHAT_LOG_LEVEL` | `debug`, `info`, `warning` or `error` | `info` |
| `GROUPCHAT_LOG_FORMAT` | `text` for people, `json` for machines | `text` |
| `GROUPCHAT_MAX_LAG_SECONDS` | age of a waiting event above which `/readyz` and `groupchat status` report its follower | `60.0` |
| `GROUPCHAT_PUBLIC_URL` | address of the API, such as `https://chat.example.com`, for carriers and links | unset |
| `GROUPCHAT_RATE_LIMIT` | requests per second for each API key, per process; `0` for no limit | `500` |
| `GROUPCHAT_WORKSPACE_RATE_LIMIT` | requests per second for all keys of a workspace, per process; `0` for no limit | `2000` |
| `GROUPCHAT_LOGIN_FAILURES` | failed logins per minute for each client address, per process; `0` for no limit | `300` |
| `GROUPCHAT_MAX_WAITING_APPENDS` | commands that may wait to be stored, per process; more are rejected with 503 | `10000` |
| `GROUPCHAT_STREAMS_PER_USER` | open event streams for each user, per process | `10` |
| `GROUPCHAT_STREAMS_PER_WORKSPACE` | open event streams for each workspace, per process | `200` |
| `GROUPCHAT_MAX_CONNECTIONS` | open HTTP connections, per process; fewer where the system allows fewer open files | `10000` |
| `GROUPCHAT_STREAM_HEARTBEAT_SECONDS` | seconds after which a silent event stream sends a comment | `15.0` |
| `GROUPCHAT_STREAM_SECONDS` | maximum duration of an event stream; its reader resumes with another one | `3600.0` |
| `GROUPCHAT_OIDC_ISSUER` | identity provider whose tokens are also accepted (`iss`) | unset |
| `GROUPCHAT_OIDC_AUDIENCE` | expected audience of its tokens (`aud`) | unset |
| `GROUPCHAT_OIDC_JWKS_URL` | URL of its public keys | unset |
| `GROUPCHAT_OIDC_ALGORITHMS` | accepted signature algorithms: `RS`, `PS` and `ES` with `256`, `384` or `512` | `RS256,ES256` |
| `GROUPCHAT_OIDC_WORKSPACE_CLAIM` | claim that contains the workspace's id | `groupchat_workspace` |
| `GROUPCHAT_OIDC_CLIENT_ID` | this server as a client of the identity provider, for signing in to the console | unset |
| `GROUPCHAT_OIDC_CLIENT_SECRET` | the client's secret; unset for a public client | unset |
| `GROUPCHAT_OIDC_AUTHORIZATION_URL` | address at the provider where people sign in | unset |
| `GROUPCHAT_OIDC_TOKEN_URL` | address at the provider where the server gets the id token | unset |
| `GROUPCHAT_OIDC_SCOPES` | scopes that are requested, with spaces between | `openid email` |
| `GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS` | Kafka brokers, as `HOST:PORT,HOST:PORT` (9092 without a port); no relay if unset | unset |
| `GROUPCHAT_KAFKA_SECURITY_PROTOCOL` | `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL` | `PLAINTEXT` |
| `GROUPCHAT_KAFKA_SASL_MECHANISM` | `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512` | unset |
| `GROUPCHAT_KAFKA_SASL_USERNAME` | user name for the brokers | unset |
| `GROUPCHAT_KAFKA_SASL_PASSWORD` | password for the brokers | unset |
| `GROUPCHAT_KAFKA_SSL_CAFILE` | PEM file with the authorities that verify the brokers' certificates | unset |
| `GROUPCHAT_KAFKA_SSL_CERTFILE` | PEM file with the client certificate for the brokers | unset |
| `GROUPCHAT_KAFKA_SSL_KEYFILE` | PEM file with the client certificate's key | unset |
| `GROUPCHAT_KAFKA_PARTITIONS` | partitions of each topic that `groupchat topics` creates | `12` |
| `GROUPCHAT_KAFKA_REPLICATION` | replicas of each topic that it creates | `1` |
| `GROUPCHAT_KAFKA_RETENTION_HOURS` | hours for which such a topic keeps records; `-1` for forever | `-1` |
| `GROUPCHAT_KAFKA_TOPIC_PREFIX` | prefix of all topic names, for installations that share brokers | unset |
| `GROUPCHAT_WEBHOOK_KEY` | key that makes webhooks' secrets, base64 of 32 bytes; two, with a space between, if it changes | unset |
| `GROUPCHAT_WEBHOOK_NETWORKS` | private networks that webhooks may call, such as `10.1.0.0/16`; commas between | unset |
| `GROUPCHAT_AUDIT_KEY` | key that signs checkpoints; better a file, `GROUPCHAT_AUDIT_KEY_FILE` (`groupchat audit keygen`) | unset |
| `GROUPCHAT_AUDIT_CHECKPOINT_SECONDS` | seconds between two checkpoints, if there are new events | `300.0` |
| `GROUPCHAT_AUDIT_PUBLISH` | where checkpoints go: `https://...`, `s3://...`, `kafka:TOPIC`, a folder; commas between | unset |

A variable whose name is almost one of these is rejected, so that a misspelled one is not ignored silently. A name with `_FILE` at
its end, such as `GROUPCHAT_TELNYX_API_KEY_FILE`, takes the value from a file.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from unicodedata import category
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from groupchat.values.errors import ExpectedError
from groupchat.values.web_address import is_server, is_web_address

PREFIX = "GROUPCHAT_"

_Flag = Annotated[bool, Meta(description="true or false")]
_Count = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]
_Positive = Annotated[int, Meta(ge=1, description="a whole number, 1 or more")]
_Hours = Annotated[int, Meta(ge=-1, description="a whole number, or -1 for no limit")]
_Seconds = Annotated[float, Meta(gt=0, description="a number greater than 0")]
_Algorithms = Annotated[
    str,
    Meta(
        pattern="^(RS|PS|ES)(256|384|512)(,(RS|PS|ES)(256|384|512))*$",
        description="RS256, ES256 or others of RS, PS, ES with 256, 384, 512, separated by commas",
    ),
]
_ADDRESSES = (
    "public_url",
    "oidc_issuer",
    "oidc_jwks_url",
    "oidc_authorization_url",
    "oidc_token_url",
    "telnyx_url",
    "bandwidth_url",
    "twilio_url",
    "twilio_messages_url",
    "twilio_media_url",
)
_PROVIDER = ("oidc_issuer", "oidc_audience", "oidc_jwks_url")
_SIGN_IN = ("oidc_client_id", "oidc_authorization_url", "oidc_token_url")
CARRIERS = {
    "telnyx": ("telnyx_api_key", "telnyx_public_key", "telnyx_messaging_profile_id"),
    "bandwidth": (
        "bandwidth_account_id",
        "bandwidth_application_id",
        "bandwidth_user",
        "bandwidth_password",
        "bandwidth_webhook_user",
        "bandwidth_webhook_password",
    ),
    "twilio": (
        "twilio_account_sid",
        "twilio_api_key",
        "twilio_api_secret",
        "twilio_auth_token",
        "twilio_messaging_service_sid",
        "twilio_service_sid",
    ),
}
"""The settings that each carrier needs, in addition to the public address."""
_FILE = "_file"
_SECRET = re.compile("key$|secret|password|token|^database_url$|^audit_publish$")
"""The names of settings that may contain secrets; the last two are addresses that may have a password."""


class SettingsError(ExpectedError):
    """A setting is wrong. The message names the variable and the valid values."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's choices."""

    database_url: str = "sqlite:///groupchat.db"
    carrier: Literal["simulator", "telnyx", "bandwidth", "twilio"] = "simulator"
    simulator_native_group: _Flag = True
    telnyx_api_key: str | None = None
    telnyx_public_key: str | None = None
    telnyx_messaging_profile_id: str | None = None
    telnyx_url: str = "https://api.telnyx.com/v2"
    telnyx_trust_idempotency_key: _Flag = False
    bandwidth_account_id: str | None = None
    bandwidth_application_id: str | None = None
    bandwidth_user: str | None = None
    bandwidth_password: str | None = None
    bandwidth_webhook_user: str | None = None
    bandwidth_webhook_password: str | None = None
    bandwidth_url: str = "https://messaging.bandwidth.com/api/v2"
    bandwidth_delivery_receipts: _Flag = False
    twilio_account_sid: str | None = None
    twilio_api_key: str | None = None
    twilio_api_secret: str | None = None
    twilio_auth_token: str | None = None
    twilio_messaging_service_sid: str | None = None
    twilio_service_sid: str | None = None
    twilio_url: str = "https://conversations.twilio.com"
    twilio_messages_url: str = "https://api.twilio.com"
    twilio_media_url: str = "https://mcs.us1.twilio.com"
    media_url: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    max_lag_seconds: _Seconds = 60.0
    public_url: str | None = None
    rate_limit: _Count = 500
    workspace_rate_limit: _Count = 2_000
    login_failures: _Count = 300
    max_waiting_appends: _Positive = 10_000
    streams_per_user: _Positive = 10
    streams_per_workspace: _Positive = 200
    max_connections: _Positive = 10_000
    stream_heartbeat_seconds: _Seconds = 15.0
    stream_seconds: _Seconds = 3_600.0
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_algorithms: _Algorithms = "RS256,ES256"
    oidc_workspace_claim: str = "groupchat_workspace"
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_authorization_url: str | None = None
    oidc_token_url: str | None = None
    oidc_scopes: str = "openid email"
    kafka_bootstrap_servers: str | None = None
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: str | None = None
    kafka_ssl_cafile: str | None = None
    kafka_ssl_certfile: str | None = None
    kafka_ssl_keyfile: str | None = None
    kafka_partitions: _Positive = 12
    kafka_replication: _Positive = 1
    kafka_retention_hours: _Hours = -1
    kafka_topic_prefix: str | None = None
    webhook_key: str | None = None
    webhook_networks: str | None = None
    audit_key: str | None = None
    audit_checkpoint_seconds: _Seconds = 300.0
    audit_publish: str | None = None

    def chosen(self) -> dict[str, object]:
        """Return the settings that differ from their defaults, without those that may contain secrets."""
        own = {field.name: (getattr(self, field.name), field.default) for field in msgspec.structs.fields(self)}
        return {name: value for name, (value, default) in own.items() if value != default and not _SECRET.search(name)}

    def public(self, path: str) -> str:
        """Return the address at which others reach a path; without `public_url`, only the path."""
        return f"{(self.public_url or '').rstrip('/')}{path}"

    def has(self, carrier: str) -> bool:
        """Return whether a carrier of `CARRIERS` is configured."""
        return all(getattr(self, name) is not None for name in CARRIERS[carrier])


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings, without the spaces around them; an empty one counts as unset. Raises `SettingsError`."""
    written = {name.removeprefix(PREFIX).lower(): value.strip() for name, value in environment.items() if name.startswith(PREFIX)}
    known = Settings.__struct_fields__
    given = _with_files({name: value for name, value in written.items() if value}, known)
    for name in given.keys() - known:
        if close := get_close_matches(name, known, n=1, cutoff=0.8):
            msg = f"{_variable(name)} is not a setting of groupchat. Did you mean {_variable(close[0])}?"
            raise SettingsError(msg)
    _check_lines(given)
    settings = Settings(**{name: _read(name, given[name]) for name in known if name in given})
    _check_addresses(settings)
    _check_public_url(settings)
    _check_provider(settings)
    _check_carriers(settings)
    _check_kafka_login(settings)
    return settings


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that begin like a setting and are none. `from_environment` rejects those that are almost one."""
    names = {each.removeprefix(PREFIX).lower().removesuffix(_FILE): each for each in environment if each.startswith(PREFIX)}
    return sorted(each for name, each in names.items() if name not in Settings.__struct_fields__)


def _with_files(given: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Return the settings with the texts of the files in place of those that name files."""
    files = {name: name.removesuffix(_FILE) for name in given if name.endswith(_FILE) and name.removesuffix(_FILE) in known}
    read = {name: value for name, value in given.items() if name not in files}
    for name, setting in files.items():
        if setting in read:
            msg = f"{_variable(setting)} and {_variable(name)} are both set. Keep one of them."
            raise SettingsError(msg)
        try:
            read[setting] = Path(given[name]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{_variable(name)} names a file that can't be read: {error}."
            raise SettingsError(msg) from error
        if not read[setting]:
            msg = f"{_variable(name)} names a file that is empty."
            raise SettingsError(msg)
    return read


def _check_lines(given: Mapping[str, str]) -> None:
    """Raise `SettingsError` for a value with control characters, without the value, which may be a secret."""
    for name, value in given.items():
        if any(category(character) == "Cc" for character in value):
            msg = f"{_variable(name)} has a line break or another control character inside. Give it as one line."
            raise SettingsError(msg)


def _check_provider(settings: Settings) -> None:
    signs_in = any(getattr(settings, name) is not None for name in (*_SIGN_IN, "oidc_client_secret"))
    needed = (*_PROVIDER, *_SIGN_IN, "public_url") if signs_in else _PROVIDER
    missing = [name for name in needed if getattr(settings, name) is None]
    if signs_in or len(missing) < len(_PROVIDER):
        _require(missing, "An identity provider", "docs/settings.md, Single sign-on")


def _require(missing: Sequence[str], what: str, where: str) -> None:
    if missing:
        msg = f"{what} also needs {', '.join(map(_variable, missing))}. See {where}."
        raise SettingsError(msg)


def _check_carriers(settings: Settings) -> None:
    for carrier, names in CARRIERS.items():
        missing = [name for name in names if getattr(settings, name) is None]
        if settings.carrier != carrier and len(missing) == len(names):
            continue
        if settings.public_url is None:
            missing.append("public_url")
        _require(missing, f"The carrier {carrier}", "docs/carriers.md")


def _check_kafka_login(settings: Settings) -> None:
    for name in ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password"):
        if getattr(settings, name) is not None and not settings.kafka_security_protocol.startswith("SASL_"):
            protocol = f"{_variable('kafka_security_protocol')} is {settings.kafka_security_protocol}"
            msg = f"{_variable(name)} has no effect, because {protocol}. Use SASL_SSL or SASL_PLAINTEXT."
            raise SettingsError(msg)


def _check_addresses(settings: Settings) -> None:
    for name in _ADDRESSES:
        if (address := getattr(settings, name)) is not None and not is_web_address(address):
            msg = f"{_variable(name)} is not a web address. Use a form such as https://id.example.com/keys."
            raise SettingsError(msg)
    servers = settings.kafka_bootstrap_servers
    if servers is not None and not all(is_server(each.strip()) for each in servers.split(",")):
        msg = f"{_variable('kafka_bootstrap_servers')} is not HOST:PORT, or several of them separated by commas."
        raise SettingsError(msg)


def _check_public_url(settings: Settings) -> None:
    """Raise `SettingsError` for an address to which no path can be added, or with a password, which others would see."""
    parts = urlsplit(settings.public_url or "")
    if parts.query or parts.fragment or "@" in parts.netloc:
        msg = f"{_variable('public_url')} can have a host, a port and a path, but no user name and nothing after ? or #."
        raise SettingsError(msg)


def _read(name: str, value: str) -> Any:
    field = next(field for field in msgspec.structs.fields(Settings) if field.name == name)
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError as error:
        if allowed := _allowed(field.type):
            msg = f"{_variable(name)} is {value!r}. Use one of: {', '.join(allowed)}."
            raise SettingsError(msg) from error
        msg = f"{_variable(name)} can't be {value!r}. Use {_form(field.type)}."
        raise SettingsError(msg) from error


def _allowed(type_: Any) -> list[str]:
    """Return the words that a setting accepts, if it is limited to some."""
    choices = (type_, *get_args(type_)) if get_origin(type_) is not Literal else (type_,)
    return [word for each in choices if get_origin(each) is Literal for word in get_args(each)]


def _form(type_: Any) -> str:
    """Return what a setting accepts, in words."""
    return next(each.description for each in get_args(type_) if isinstance(each, Meta) and each.description)


def _variable(name: str) -> str:
    return PREFIX + name.upper()
