"""Bodies of requests about the workspace: numbers, policy, users, keys, roles and rates."""

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, ValidationError, convert
from msgspec.structs import asdict

from groupchat.aggregates.auto_replies import ChooseAutoReplies, TextsChange
from groupchat.aggregates.business_numbers import AddNumber, ChangeNumber
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords
from groupchat.aggregates.users import UserFields
from groupchat.aggregates.workspace_state import User
from groupchat.http.inputs.fields import (
    CarrierName,
    Email,
    ExternalId,
    Id,
    Keywords,
    Name,
    WrittenNumber,
)
from groupchat.http.inputs.taken import Taken
from groupchat.values.errors import InvalidRequestError
from groupchat.values.money import Currency, Price
from groupchat.values.patterns import NO_NUL, whole
from groupchat.values.policy import GroupSize, Preset, Region


class SessionInput(Taken, frozen=True, kw_only=True):
    """The API key that a session begins with. With `single_use`, the key is revoked, so that it begins no other session."""

    api_key: Annotated[str, Meta(min_length=1, max_length=200)]
    single_use: bool = False


class NumberInput(Taken, frozen=True, kw_only=True):
    """A business number to send from."""

    number: WrittenNumber
    label: Name | None = None
    default: bool = False
    assigned_to: Id | None = None
    carrier: CarrierName | None = None

    def command(self) -> AddNumber:
        """Return it as the command takes it."""
        return AddNumber(
            number=self.number, label=self.label, default=self.default, assigned_to=self.assigned_to, carrier=self.carrier
        )


class NumberChange(Taken, frozen=True, kw_only=True):
    """Changes to a business number; omitted fields stay."""

    label: Name | UnsetType | None = UNSET
    default: bool | UnsetType = UNSET
    assigned_to: Id | UnsetType | None = UNSET
    carrier: CarrierName | UnsetType | None = UNSET

    def command(self, number: str) -> ChangeNumber:
        """Return it as the command takes it."""
        return ChangeNumber(
            number=number, label=self.label, default=self.default, assigned_to=self.assigned_to, carrier=self.carrier
        )


class PolicyChange(Taken, frozen=True, kw_only=True):
    """Changes to the policy; omitted fields stay, or follow the preset if one is named."""

    preset: Preset | UnsetType = UNSET
    min_participants: GroupSize | UnsetType = UNSET
    max_participants: GroupSize | UnsetType = UNSET
    allowed_regions: Annotated[tuple[Region, ...], Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    reopen_on_opt_in: bool | UnsetType = UNSET
    opt_out_keywords: Keywords | UnsetType = UNSET
    opt_in_keywords: Keywords | UnsetType = UNSET

    def keywords(self) -> ChooseKeywords:
        """Return the keywords in the command's form."""
        return ChooseKeywords(opt_out=self.opt_out_keywords, opt_in=self.opt_in_keywords)

    def command(self) -> ChangePolicy:
        """Return it in the command's form."""
        return ChangePolicy(
            preset=self.preset,
            min_participants=self.min_participants,
            max_participants=self.max_participants,
            allowed_regions=self.allowed_regions,
            reopen_on_opt_in=self.reopen_on_opt_in,
        )


ReplyText = Annotated[
    str,
    Meta(
        max_length=160,
        pattern=NO_NUL,
        description="One SMS, with `{business}` for the workspace's name. `null` is the standard text (R41).",
    ),
]


class ReplyTexts(Taken, frozen=True, kw_only=True):
    """Texts by language; an omitted one stays, and `null` is the standard text."""

    en: ReplyText | UnsetType | None = UNSET
    es: ReplyText | UnsetType | None = UNSET
    fr: ReplyText | UnsetType | None = UNSET

    def change(self) -> TextsChange:
        """Return it in the command's form."""
        return TextsChange(en=self.en, es=self.es, fr=self.fr)


class AutoRepliesChange(Taken, frozen=True, kw_only=True):
    """Changes to the automatic replies; omitted fields stay."""

    confirms_opt_outs: bool | UnsetType = UNSET
    answers_help: bool | UnsetType = UNSET
    opt_out_texts: ReplyTexts | UnsetType = UNSET
    help_texts: ReplyTexts | UnsetType = UNSET

    def command(self) -> ChooseAutoReplies:
        """Return it in the command's form."""
        return ChooseAutoReplies(
            confirms_opt_outs=self.confirms_opt_outs,
            answers_help=self.answers_help,
            opt_out_texts=TextsChange() if self.opt_out_texts is UNSET else self.opt_out_texts.change(),
            help_texts=TextsChange() if self.help_texts is UNSET else self.help_texts.change(),
        )


RoleName = Annotated[
    str,
    whole(
        "[a-z][a-z0-9_-]{0,39}",
        description="A lower-case letter, then lower-case letters, digits, `-` and `_`: up to 40 characters in all.",
        examples=["member"],
    ),
]


Active = Annotated[bool, Meta(description="`false` deactivates the user: their keys and tokens end at once.")]


class UserInput(Taken, frozen=True, kw_only=True):
    """A user to add (R20, R22)."""

    name: Name
    email: Email
    role: RoleName
    assigned_only: bool = False
    external_id: ExternalId | None = None

    def user(self, id_: str) -> User:
        """Return the user, with a new id."""
        return User(**asdict(self), id=id_, active=True)


class UserPut(Taken, frozen=True, kw_only=True):
    """A user as another system has them (R54). Omitted fields stay; a new user is an active member."""

    name: Name
    email: Email
    role: RoleName | UnsetType = UNSET
    assigned_only: bool | UnsetType = UNSET
    active: Active | UnsetType = UNSET

    def change(self) -> UserFields:
        """Return everything but name and address in the command's form."""
        return UserFields(role=self.role, assigned_only=self.assigned_only, active=self.active)


class UserChange(Taken, frozen=True, kw_only=True):
    """Changes to a user; omitted fields stay."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    role: RoleName | UnsetType = UNSET
    assigned_only: bool | UnsetType = UNSET
    active: Active | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET

    def fields(self) -> UserFields:
        """Return it in the command's form."""
        return UserFields(**asdict(self))


class KeyInput(Taken, frozen=True, kw_only=True):
    """Another key. Without `expires_at`, it is valid until it is revoked."""

    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    label: Annotated[Name, Meta(description="What the key is for.")] | None = None


class RolePermissions(Taken, frozen=True, kw_only=True):
    """The permissions of a role (R20)."""

    group_chat: bool


class RateInput(Taken, frozen=True, kw_only=True):
    """A line of the rate card: the price of a segment from the first second (UTC) of a date on (R25)."""

    effective_from: date
    mms_segment: Price
    currency: Currency


def read_role(written: str) -> str:
    """Return a role's name from a path; raises `InvalidRequestError`."""
    try:
        return convert(written, RoleName)
    except ValidationError as error:
        raise InvalidRequestError(
            "role", "A role's name has 1 to 40 characters of a-z, 0-9, _ and -, and starts with a letter."
        ) from error
