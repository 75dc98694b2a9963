"""Policy: changes of a workspace's policy and of its own keywords. Both are part of its stream and state (`workspace.py`).

- R1, R4, R17 Group sizes, allowed regions, whether an opt-in reopens; omitted values stay, or follow the preset if one is named.
- R38 Keywords in addition to those of `keywords.py`.
"""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from groupchat.aggregates.keywords import Words, refuse_unfit
from groupchat.aggregates.workspace_events import KeywordsChosen, PolicyChanged
from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event
from groupchat.values.policy import PRESETS, Policy, Preset


class ChangePolicy(Struct, frozen=True, kw_only=True):
    """Change the given values; the others stay, or follow the preset if one is named."""

    preset: Preset | UnsetType = UNSET
    min_participants: int | UnsetType = UNSET
    max_participants: int | UnsetType = UNSET
    allowed_regions: tuple[str, ...] | UnsetType = UNSET
    reopen_on_opt_in: bool | UnsetType = UNSET


class ChooseKeywords(Struct, frozen=True, kw_only=True):
    """Replace the workspace's own keywords (R38); omitted lists stay."""

    opt_out: tuple[str, ...] | UnsetType = UNSET
    opt_in: tuple[str, ...] | UnsetType = UNSET


def policy_after(command: ChangePolicy, policy: Policy) -> Policy:
    """Return a policy with the given changes; the other values stay, or follow the preset."""
    base = policy if command.preset is UNSET else PRESETS[command.preset]
    changes = {name: value for name, value in asdict(command).items() if value is not UNSET}
    return replace(base, **changes)


def change_policy(command: ChangePolicy, policy: Policy) -> list[Event]:
    """Return the event of a changed policy; none if nothing changes.

    Raises `InvalidRequestError` for a region that does not exist, and for sizes that contradict each other.
    """
    for index, region in enumerate(() if command.allowed_regions is UNSET else command.allowed_regions):
        if not phone.is_region(region):
            detail = f"There is no region {region} with phone numbers. Use an ISO 3166-1 code, such as US (R4)."
            raise InvalidRequestError(f"allowed_regions.{index}", detail)
    after = policy_after(command, policy)
    if after.min_participants > after.max_participants:
        detail = f"min_participants ({after.min_participants}) is above max_participants ({after.max_participants})."
        raise InvalidRequestError("min_participants", detail)
    return [] if after == policy else [PolicyChanged(policy=after)]


def choose_keywords(command: ChooseKeywords, keywords: Words) -> list[Event]:
    """Return the event of changed keywords; none if nothing changes. Raises `InvalidRequestError` for unusable ones."""
    chosen = Words(
        out=keywords.out if command.opt_out is UNSET else command.opt_out,
        in_=keywords.in_ if command.opt_in is UNSET else command.opt_in,
    )
    refuse_unfit(chosen)
    return [] if chosen == keywords else [KeywordsChosen(opt_out=chosen.out, opt_in=chosen.in_)]
