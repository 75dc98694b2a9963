"""Bodies of requests about webhooks (R55)."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from groupchat.aggregates.webhooks import WebhookFields
from groupchat.commands.webhooks import NewWebhook
from groupchat.http.inputs.fields import Name
from groupchat.http.inputs.taken import Taken, checked
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import EVENT_TYPES
from groupchat.values.patterns import whole
from groupchat.values.web_address import PATTERN, is_web_address


def _unfit(url: str) -> str | None:
    if not is_web_address(url):
        return "This is not a web address (RFC 3986), such as https://crm.example.com/hooks"
    parts = urlsplit(url)
    return "Leave out the user name and password" if parts.username is not None or parts.password is not None else None


WebhookUrl = Annotated[
    str,
    whole(
        PATTERN,
        max_length=2_048,
        description="An `https` address on the public Internet, which receives `POST` requests.",
        extra=checked(_unfit),
        examples=["https://crm.example.com/hooks/groupchat"],
    ),
]
EventTypes = Annotated[
    tuple[Annotated[str, Meta(max_length=100)], ...],
    Meta(
        min_length=1,
        max_length=100,
        description="The types of events to send; `GET /schemas` lists them. `null` is all.",
        examples=[["groupchat.conversation.message_sent", "groupchat.conversation.inbound_received"]],
    ),
]


class WebhookInput(Taken, frozen=True, kw_only=True):
    """A webhook to add."""

    url: WebhookUrl
    types: EventTypes | None = None
    description: Name | None = None

    def command(self) -> NewWebhook:
        """Return it in the command's form; raises `InvalidRequestError` for a type that does not exist."""
        return NewWebhook(url=self.url, types=_known(self.types), description=self.description)


class WebhookChange(Taken, frozen=True, kw_only=True):
    """Changes to a webhook; omitted fields stay."""

    url: WebhookUrl | UnsetType = UNSET
    types: EventTypes | UnsetType | None = UNSET
    description: Name | UnsetType | None = UNSET
    active: Annotated[bool, Meta(description="`false` switches it off, `true` on again.")] | UnsetType = UNSET

    def fields(self) -> WebhookFields:
        """Return it in the command's form; raises `InvalidRequestError` for a type that does not exist."""
        fields = WebhookFields(**asdict(self))
        if fields.types is not UNSET:
            _known(fields.types)
        return fields


class ReplayInput(Taken, frozen=True, kw_only=True):
    """Where to continue."""

    after: Annotated[int, Meta(ge=0, le=10**18 - 1, description="A position of the log. The next event after it is sent first.")]


def _known(types: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if unknown := sorted(set(types or ()) - EVENT_TYPES.keys()):
        raise InvalidRequestError("types", f"Unknown type {unknown[0]!r}. GET /schemas lists the types.")
    return types
