"""Policy files: another policy to replay history under, in YAML (which includes JSON). All errors are reported, by line."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import UNSET, Meta, Struct
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from groupchat.aggregates.policy import ChangePolicy, policy_after
from groupchat.aggregates.workspace_state import PostedRate, Workspace
from groupchat.values import phone
from groupchat.values.currencies import CURRENCIES
from groupchat.values.errors import ExpectedError
from groupchat.values.money import Currency, Price, Rate
from groupchat.values.policy import MAX_PARTICIPANTS_EVER, MIN_PARTICIPANTS_EVER, PRESETS, GroupSize, Policy, Preset, Region

OptOutEffect = Literal["block", "omit"]
"""The effect of an opt-out: it blocks the group (R15), or it omits that one participant."""

LARGEST = 1024 * 1024
"""The maximum size of a policy file, in bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MISSING: Any = object()

Read = Callable[[Node], Any]


class _Takes(Struct, frozen=True):
    """The valid values of a field, as a type and in words; `exists` returns whether a value exists."""

    kind: Any
    words: str
    exists: Callable[[Any], bool] | None = None


_PRESET = _Takes(Preset, "heymarket or highlevel")
_SIZE = _Takes(GroupSize, f"a whole number from {MIN_PARTICIPANTS_EVER} to {MAX_PARTICIPANTS_EVER}")
_REGION = _Takes(Region, "an ISO 3166-1 region code, such as US", phone.is_region)
_REGIONS = _Takes(Annotated[tuple[Any, ...], Meta(min_length=1, max_length=50)], "1 to 50 regions")
_BOOL = _Takes(bool, "true or false")
_EFFECT = _Takes(OptOutEffect, "block or omit")
_DATE = _Takes(date, "a date, such as 2025-01-31")
_PRICE = _Takes(Price, "a decimal, such as 0.0200")
_CURRENCY = _Takes(Currency, "an ISO 4217 currency code, such as USD", CURRENCIES.__contains__)


class LineFault(Struct, frozen=True, order=True):
    """An error in a line, counted from 1."""

    line: int
    reason: str


class PolicyFileError(ExpectedError):
    """A policy file is invalid. The message has every error with its line."""

    def __init__(self, path: Path, faults: list[LineFault]) -> None:
        self.faults = tuple(sorted(faults))
        listed = "".join(f"\n  line {fault.line}: {fault.reason}" for fault in self.faults)
        super().__init__(f"{path} is not a valid policy file. Nothing was done.{listed}")


class OtherPolicy(Struct, frozen=True, kw_only=True):
    """The changes in a policy file. Omitted values stay. A rate card replaces the complete existing one."""

    change: ChangePolicy = ChangePolicy()
    opt_out_effect: OptOutEffect = "block"
    rates: tuple[PostedRate, ...] | None = None

    def instead_of(self, policy: Policy) -> Policy:
        """Return the policy that a group would have been created under."""
        return policy_after(self.change, policy)

    def rate_at(self, moment: datetime, recorded: Rate) -> Rate:
        """Return the rate that would have been in effect at a moment, by the workspace's own look-up (R25)."""
        return (
            recorded
            if self.rates is None
            else Workspace(name="", created_at=moment, policy=Policy(), rates=self.rates).rate_at(moment)
        )


def read_policy(path: Path) -> OtherPolicy:
    """Read a policy file; raises `PolicyFileError` with all errors."""
    text, faults = _text(path)
    root: Node | None = None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except ReaderError as error:
        faults.append(LineFault(text[: error.position].count("\n") + 1, "it has a character that YAML doesn't allow."))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        faults.append(LineFault(1 if mark is None else mark.line + 1, f"it is not YAML: {error.problem}."))
    except RecursionError:
        faults.append(LineFault(1, "it is nested too deeply."))
    if not faults:
        other = _Reading(faults).policy(root)
        if not faults:
            return other
    raise PolicyFileError(path, faults)


def _text(path: Path) -> tuple[str, list[LineFault]]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            return "", [LineFault(1, f"it is larger than {LARGEST:,} bytes.")]
        return raw.decode(), []
    except OSError as error:
        return "", [LineFault(1, f"it can't be read: {error.strerror or error}.")]
    except UnicodeDecodeError as error:
        return "", [LineFault(error.object[: error.start].count(b"\n") + 1, "it is not UTF-8.")]


class _Reading:
    """Reads nodes and notes all errors. An invalid value is read as `_MISSING`."""

    def __init__(self, faults: list[LineFault]) -> None:
        self._faults = faults

    def policy(self, root: Node | None) -> OtherPolicy:
        """Return the file's changes, as far as they are valid."""
        if root is None:
            self._faults.append(LineFault(1, "it is empty. Use {} for no change."))
            return OtherPolicy()
        given = self._mapping(
            root,
            {
                "preset": lambda node: self._scalar(node, _PRESET),
                "min_participants": lambda node: self._scalar(node, _SIZE),
                "max_participants": lambda node: self._scalar(node, _SIZE),
                "allowed_regions": self._regions,
                "reopen_on_opt_in": lambda node: self._scalar(node, _BOOL),
                "opt_out_effect": lambda node: self._scalar(node, _EFFECT),
                "rates": self._rates,
            },
        )
        effect, rates = given.pop("opt_out_effect", "block"), given.pop("rates", None)
        change = ChangePolicy(**given)
        self._sizes(root, change)
        return OtherPolicy(change=change, opt_out_effect=effect, rates=rates)

    def _sizes(self, root: Node, change: ChangePolicy) -> None:
        """Note sizes that leave no group; an omitted size is the preset's, or stays."""
        base = None if change.preset is UNSET else policy_after(change, PRESETS[change.preset])
        least = change.min_participants if base is None else base.min_participants
        most = change.max_participants if base is None else base.max_participants
        if least is not UNSET and most is not UNSET and least > most:
            line = next(key for key, _ in root.value if key.value in ("min_participants", "max_participants"))
            self._wrong(line, f"min_participants ({least}) is above max_participants ({most}).")

    def _rates(self, node: Node) -> Any:
        fields: dict[str, Read] = {
            "effective_from": lambda node: self._scalar(node, _DATE),
            "mms_segment": lambda node: self._scalar(node, _PRICE),
            "currency": lambda node: self._scalar(node, _CURRENCY),
        }
        read = [self._mapping(each, fields, required=True) for each in self._items(node)]
        whole = [given for given in read if len(given) == len(fields)]
        rates = [Rate(mms_segment=Decimal(each["mms_segment"]), currency=each["currency"]) for each in whole]
        return tuple(PostedRate(each["effective_from"], rate, _EPOCH) for each, rate in zip(whole, rates, strict=True))

    def _regions(self, node: Node) -> Any:
        if not isinstance(node, SequenceNode):
            return self._items(node)
        found = tuple(self._scalar(each, _REGION) for each in node.value)
        return self._as(node, found, _REGIONS)

    def _mapping(self, node: Node, fields: Mapping[str, Read], *, required: bool = False) -> dict[str, Any]:
        """Return the valid values, by key."""
        if not isinstance(node, MappingNode):
            self._wrong(node, f"expected keys and values: {', '.join(fields)}.")
            return {}
        found: dict[str, Any] = {}
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "[...]"
            if name not in fields:
                close = get_close_matches(name, fields, n=1)
                self._wrong(
                    key,
                    f"unknown key {name!r}; " + (f"did you mean {close[0]}?" if close else f"the keys are {', '.join(fields)}."),
                )
            elif name in seen:
                self._wrong(key, f"{name} appears twice.")
            elif (read := fields[name](value)) is not _MISSING:
                found[name] = read
            seen.add(name)
        if required and (missing := [name for name in fields if name not in seen]):
            self._wrong(node, f"it also needs {', '.join(missing)}.")
        return found

    def _items(self, node: Node) -> list[Node]:
        if isinstance(node, SequenceNode):
            return list(node.value)
        self._wrong(node, "expected a list.")
        return []

    def _scalar(self, node: Node, takes: _Takes) -> Any:
        """Return a value as its type takes it, from its text, so that a price is exact and the region NO is not false."""
        if not isinstance(node, ScalarNode):
            return self._wrong(node, "expected a single value.")
        text: Any = node.value
        if takes is _BOOL:
            text = yaml.SafeLoader.bool_values.get(text.lower(), text)
        elif takes is _SIZE and text.isascii() and text.isdigit():
            text = int(text)
        return self._as(node, text, takes)

    def _as(self, node: Node, value: Any, takes: _Takes) -> Any:
        with suppress(msgspec.ValidationError):
            read = msgspec.convert(value, takes.kind)
            if takes.exists is None or takes.exists(read):
                return read
        shown = f"it has {len(value)}" if isinstance(value, tuple) else f"{value!r} is not valid"
        return self._wrong(node, f"{shown}. Use {takes.words}.")

    def _wrong(self, node: Node, reason: str) -> Any:
        self._faults.append(LineFault(node.start_mark.line + 1, reason))
        return _MISSING
