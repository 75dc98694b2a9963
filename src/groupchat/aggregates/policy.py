"""Policy: how a workspace's policy and its own keywords are changed. They are part of its stream and state (`workspace.py`).

- R1, R4, R17 Group sizes, allowed regions, whether an opt-in reopens; what is left out stays, or is as the preset named says.
- R38 Keywords beside those of `keywords.py`.
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
    """Change what is given; the rest stays as it is, or as the preset named here says."""

    preset: Preset | UnsetType = UNSET
    min_participants: int | UnsetType = UNSET
    max_participants: int | UnsetType = UNSET
    allowed_regions: tuple[str, ...] | UnsetType = UNSET
    reopen_on_opt_in: bool | UnsetType = UNSET


class ChooseKeywords(Struct, frozen=True, kw_only=True):
    """Let these be the workspace's own keywords (R38); what is not given stays as it is."""

    opt_out: tuple[str, ...] | UnsetType = UNSET
    opt_in: tuple[str, ...] | UnsetType = UNSET


def policy_after(command: ChangePolicy, policy: Policy) -> Policy:
    """Return a policy with what is given changed; the rest is as it was, or as the preset given has it."""
    base = policy if command.preset is UNSET else PRESETS[command.preset]
    changes = {name: value for name, value in asdict(command).items() if value is not UNSET}
    return replace(base, **changes)


def change_policy(command: ChangePolicy, policy: Policy) -> list[Event]:
    """Return the event of another policy; none where it stays as it is.

    Raises `InvalidRequestError` for a region that does not exist, and for sizes that contradict each other.
    """
    for index, region in enumerate(() if command.allowed_regions is UNSET else command.allowed_regions):
        if not phone.is_region(region):
            detail = f"There is no region {region} that has phone numbers; give its code of ISO 3166-1, as US (R4)."
            raise InvalidRequestError(f"allowed_regions.{index}", detail)
    after = policy_after(command, policy)
    if after.min_participants > after.max_participants:
        detail = f"min_participants ({after.min_participants}) is above max_participants ({after.max_participants})."
        raise InvalidRequestError("min_participants", detail)
    return [] if after == policy else [PolicyChanged(policy=after)]


def choose_keywords(command: ChooseKeywords, keywords: Words) -> list[Event]:
    """Return the event of other keywords; none where they stay as they are. Raises `InvalidRequestError` for unfit ones."""
    chosen = Words(
        out=keywords.out if command.opt_out is UNSET else command.opt_out,
        in_=keywords.in_ if command.opt_in is UNSET else command.opt_in,
    )
    refuse_unfit(chosen)
    return [] if chosen == keywords else [KeywordsChosen(opt_out=chosen.out, opt_in=chosen.in_)]
