"""Settings: read from the environment in this one place, checked at start, frozen.

| variable | meaning | default |
|---|---|---|
| `GROUPCHAT_DATABASE_URL` | an SQLAlchemy URL: `sqlite:///FILE` or `postgresql://user@host/name` | `sqlite:///groupchat.db` |
| `GROUPCHAT_CARRIER` | who carries the messages: `simulator` | `simulator` |
| `GROUPCHAT_SIMULATOR_NATIVE_GROUP` | whether the simulated carrier itself fans out to the others (R12) | `true` |
| `GROUPCHAT_LOG_LEVEL` | `debug`, `info`, `warning` or `error` | `info` |
| `GROUPCHAT_LOG_FORMAT` | `text` for people, `json` for machines | `text` |
| `GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS` | reserved for the Kafka relay, which this version does not have yet | unset |

A variable that is nearly one of these is refused, so that a misspelt one is not silently without effect.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

import msgspec

PREFIX = "GROUPCHAT_"


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and says what it takes."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator chooses."""

    database_url: str = "sqlite:///groupchat.db"
    carrier: Literal["simulator"] = "simulator"
    simulator_native_group: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    kafka_bootstrap_servers: str | None = None


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings; an empty value counts as unset. Raises `SettingsError`."""
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX) and value}
    known = Settings.__struct_fields__
    for name in given.keys() - known:
        if close := get_close_matches(name, known, n=1, cutoff=0.8):
            msg = f"{_variable(name)} is no setting of groupchat; did you mean {_variable(close[0])}?"
            raise SettingsError(msg)
    return Settings(**{name: _read(name, given[name]) for name in known if name in given})


def _read(name: str, value: str) -> Any:
    field = next(field for field in msgspec.structs.fields(Settings) if field.name == name)
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError as error:
        msg = f"{_variable(name)} is {value!r}, which it can't be: {error}. Write it as docs/operations.md says."
        raise SettingsError(msg) from error


def _variable(name: str) -> str:
    return PREFIX + name.upper()
