"""Settings: read from the environment in this one place, checked at start, frozen.

| variable | meaning | default |
|---|---|---|
| `GROUPCHAT_DATABASE_URL` | an SQLAlchemy URL: `sqlite:///FILE` or `postgresql://user@host/name` | `sqlite:///groupchat.db` |
| `GROUPCHAT_CARRIER` | the carrier that sends messages: `simulator` | `simulator` |
| `GROUPCHAT_SIMULATOR_NATIVE_GROUP` | whether the simulated carrier forwards replies itself (R12) | `true` |
| `GROUPCHAT_LOG_LEVEL` | `debug`, `info`, `warning` or `error` | `info` |
| `GROUPCHAT_LOG_FORMAT` | `text` for people, `json` for machines | `text` |
| `GROUPCHAT_PUBLIC_URL` | address of the API, such as `https://chat.example.com`; Kafka records link schemas there | unset |
| `GROUPCHAT_RATE_LIMIT` | requests per second for each API key, per process; `0` for no limit | `500` |
| `GROUPCHAT_LOGIN_FAILURES` | failed logins per minute for each client address, per process; `0` for no limit | `300` |
| `GROUPCHAT_MAX_WAITING_APPENDS` | commands that may wait to be stored, per process; more are rejected with 503 | `10000` |
| `GROUPCHAT_STREAMS_PER_USER` | open event streams for each user, per process | `10` |
| `GROUPCHAT_STREAM_HEARTBEAT_SECONDS` | seconds after which a silent event stream sends a comment | `15.0` |
| `GROUPCHAT_STREAM_SECONDS` | maximum duration of an event stream; its reader resumes with another one | `3600.0` |
| `GROUPCHAT_OIDC_ISSUER` | identity provider whose tokens are also accepted (`iss`) | unset |
| `GROUPCHAT_OIDC_AUDIENCE` | expected audience of its tokens (`aud`) | unset |
| `GROUPCHAT_OIDC_JWKS_URL` | URL of its public keys | unset |
| `GROUPCHAT_OIDC_ALGORITHMS` | accepted signature algorithms: `RS`, `PS` and `ES` with `256`, `384` or `512` | `RS256,ES256` |
| `GROUPCHAT_OIDC_WORKSPACE_CLAIM` | claim that contains the workspace's id | `groupchat_workspace` |
| `GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS` | brokers to publish events to, as `HOST:PORT,HOST:PORT`; no relay if unset | unset |
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

A variable whose name is almost one of these is rejected, so that a misspelled one is not ignored silently.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from groupchat.values.errors import ToldError
from groupchat.values.web_address import is_server, is_web_address

PREFIX = "GROUPCHAT_"

_Count = Annotated[int, Meta(ge=0)]
_Positive = Annotated[int, Meta(ge=1)]
_Seconds = Annotated[float, Meta(gt=0)]
_Algorithms = Annotated[str, Meta(pattern="^(RS|PS|ES)(256|384|512)(,(RS|PS|ES)(256|384|512))*$")]
_ADDRESSES = ("public_url", "oidc_issuer", "oidc_jwks_url")
_PROVIDER = ("oidc_issuer", "oidc_audience", "oidc_jwks_url")


class SettingsError(ToldError):
    """A setting is wrong; the message names the variable and says what it takes."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's choices."""

    database_url: str = "sqlite:///groupchat.db"
    carrier: Literal["simulator"] = "simulator"
    simulator_native_group: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    public_url: str | None = None
    rate_limit: _Count = 500
    login_failures: _Count = 300
    max_waiting_appends: _Positive = 10_000
    streams_per_user: _Positive = 10
    stream_heartbeat_seconds: _Seconds = 15.0
    stream_seconds: _Seconds = 3_600.0
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_algorithms: _Algorithms = "RS256,ES256"
    oidc_workspace_claim: str = "groupchat_workspace"
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
    kafka_retention_hours: Annotated[int, Meta(ge=-1)] = -1
    kafka_topic_prefix: str | None = None


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings; an empty value counts as unset. Raises `SettingsError`."""
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX) and value}
    known = Settings.__struct_fields__
    for name in given.keys() - known:
        if close := get_close_matches(name, known, n=1, cutoff=0.8):
            msg = f"{_variable(name)} is not a setting of groupchat. Did you mean {_variable(close[0])}?"
            raise SettingsError(msg)
    settings = Settings(**{name: _read(name, given[name]) for name in known if name in given})
    _check_addresses(settings)
    missing = [name for name in _PROVIDER if getattr(settings, name) is None]
    if 0 < len(missing) < len(_PROVIDER):
        msg = f"An identity provider also needs {', '.join(map(_variable, missing))}. See docs/operations.md, Single sign-on."
        raise SettingsError(msg)
    return settings


def _check_addresses(settings: Settings) -> None:
    for name in _ADDRESSES:
        if (address := getattr(settings, name)) is not None and not is_web_address(address):
            msg = f"{_variable(name)} is not a web address. Use a form such as https://id.example.com/keys."
            raise SettingsError(msg)
    servers = settings.kafka_bootstrap_servers
    if servers is not None and not all(is_server(each.strip()) for each in servers.split(",")):
        msg = f"{_variable('kafka_bootstrap_servers')} is not HOST:PORT, or several of them separated by commas."
        raise SettingsError(msg)


def _read(name: str, value: str) -> Any:
    field = next(field for field in msgspec.structs.fields(Settings) if field.name == name)
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError as error:
        if allowed := _allowed(field.type):
            msg = f"{_variable(name)} is {value!r}. Use one of: {', '.join(allowed)}."
            raise SettingsError(msg) from error
        msg = f"{_variable(name)} can't be {value!r}: {error}. See docs/operations.md, Settings."
        raise SettingsError(msg) from error


def _allowed(type_: Any) -> list[str]:
    """Return the words that a setting can be, if it is one of some."""
    choices = (type_, *get_args(type_)) if get_origin(type_) is not Literal else (type_,)
    return [word for each in choices if get_origin(each) is Literal for word in get_args(each)]


def _variable(name: str) -> str:
    return PREFIX + name.upper()
