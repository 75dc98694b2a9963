"""Lists for a user restricted to assigned data (R22): the same as the rule in `aggregates/access.py`, after any history."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.aggregates import contact, group_state, workspace_state
from groupchat.aggregates.access import Access
from groupchat.aggregates.contact import Assigned
from groupchat.aggregates.workspace_events import UserAdded
from groupchat.projections import contacts, inbox, inbox_list, ledger
from groupchat.projections.contacts import ContactView
from groupchat.projections.inbox import Conversation
from groupchat.projections.ledger import Entry
from groupchat.store.database import Database
from groupchat.values.event import Recorded
from tests.projections.histories import Story, cut, follow, forget_everything, items, log_of, sent
from tests.support.builders import CAUSE, a_contact_created, a_group, a_participant, a_workspace
from tests.support.given_when_then import fold

USER = "usr_agent"
USERS = (USER, "usr_other", None)
CONTACTS = [f"ctc_{n}" for n in range(1, 5)]


async def followed(database: Database, log: Sequence[Recorded], cuts: Sequence[int] = ()) -> None:
    for view in (inbox.VIEW, contacts.VIEW, ledger.VIEW):
        await follow(database, view, *cut(log, cuts))


def groups_seen(database: Database, user_id: str | None = USER) -> set[str]:
    with database.read() as connection:
        page = inbox_list.page(connection, CAUSE.workspace_id, USER, sees_only=user_id)
        return {each.id for each in items(page, Conversation)}


def contacts_seen(database: Database) -> set[str]:
    with database.read() as connection:
        return {each.id for each in items(contacts.page(connection, CAUSE.workspace_id, sees_only=USER), ContactView)}


def billed(database: Database) -> set[str]:
    with database.read() as connection:
        return {each.conversation_id for each in items(ledger.page(connection, CAUSE.workspace_id, sees_only=USER), Entry)}


def assigned(n: int, user_id: str | None) -> tuple[str, Assigned]:
    return f"ctc_{n}", Assigned(contact_id=f"ctc_{n}", user_id=user_id)


TWO: Story = [("ctc_1", a_contact_created(1, assigned_to=USER)), ("ctc_2", a_contact_created(2, assigned_to=USER))]
GROUP = ("cnv_1", a_group(a_participant(1, contact=True), a_participant(2, contact=True)))


async def test_a_user_sees_a_group_whose_participants_are_all_contacts_assigned_to_them_R22(database: Database):
    await followed(database, log_of([*TWO, GROUP]))
    assert groups_seen(database) == {"cnv_1"}
    assert groups_seen(database, "usr_other") == set()
    assert groups_seen(database, None) == {"cnv_1"}


async def test_a_group_with_a_participant_who_is_not_a_contact_of_the_user_is_hidden_R22(database: Database):
    story: Story = [
        *TWO,
        ("ctc_3", a_contact_created(3)),
        ("ctc_4", a_contact_created(4, assigned_to="usr_other")),
        ("cnv_1", a_group(a_participant(1, contact=True), a_participant(3, contact=True))),
        ("cnv_2", a_group(a_participant(1, contact=True), a_participant(4, contact=True))),
        ("cnv_3", a_group(a_participant(1, contact=True), a_participant(9))),
        ("cnv_4", a_group(a_participant(1, contact=True), a_participant(2, contact="ctc_unknown"))),
    ]
    await followed(database, log_of(story))
    assert groups_seen(database) == set()
    assert len(groups_seen(database, None)) == 4


async def test_a_group_comes_and_goes_with_the_assignment_of_each_of_its_contacts_R22(database: Database):
    story: Story = [*TWO, GROUP, ("cnv_1", sent("msg_1")), assigned(2, "usr_other"), assigned(2, None), assigned(2, USER)]
    log = log_of(story)
    seen = []
    for recorded in log:
        await followed(database, [recorded])
        seen.append((groups_seen(database), billed(database), contacts_seen(database)))
    both, one = {"ctc_1", "ctc_2"}, {"ctc_1"}
    assert seen[3:] == [({"cnv_1"}, {"cnv_1"}, both), (set(), set(), one), (set(), set(), one), ({"cnv_1"}, {"cnv_1"}, both)]


async def test_a_deleted_contact_keeps_its_assignee_R8_R22(database: Database):
    await followed(database, log_of([*TWO, GROUP, ("ctc_2", contact.ContactDeleted(contact_id="ctc_2"))]))
    assert groups_seen(database) == {"cnv_1"}
    assert contacts_seen(database) == {"ctc_1"}


# --- as the rule says


@st.composite
def assignments(draw: st.DrawFn) -> Story:
    """Return any history of contacts that are assigned, and of groups of them and of others."""
    story: Story = [(id_, a_contact_created(n, assigned_to=draw(st.sampled_from(USERS)))) for n, id_ in enumerate(CONTACTS, 1)]
    for n in range(draw(st.integers(1, 8))):
        if draw(st.booleans()):
            people = draw(st.lists(st.integers(1, 5), min_size=2, max_size=3, unique=True))
            story.append((f"cnv_{n}", a_group(*(a_participant(person, contact=person < 5) for person in people))))
        else:
            story.append(assigned(draw(st.integers(1, 4)), draw(st.sampled_from(USERS))))
    return story


def by_the_rule(log: Sequence[Recorded]) -> tuple[set[str], set[str]]:
    """Return the groups and contacts that `access.py` leaves to the user."""
    agent = UserAdded(user_id=USER, name="Agnes", email="agnes@example.com", role="member", assigned_only=True)
    state = fold(workspace_state.evolve, [a_workspace(), agent])
    rights = Access(state, state.users[USER])
    streams = dict.fromkeys(recorded.stream for recorded in log)
    people = {id_: fold(contact.evolve, [r for r in log if r.stream == id_]) for id_ in streams if id_.startswith("ctc_")}
    groups = {id_: fold(group_state.evolve, [r for r in log if r.stream == id_]) for id_ in streams if id_ not in people}
    seen = {id_ for id_, group in groups.items() if rights.sees_group(group, people)}
    return seen, {id_ for id_, each in people.items() if rights.sees_contact(each)}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=assignments(), cuts=st.lists(st.integers(0, 20), max_size=3))
async def test_lists_show_a_restricted_user_the_groups_that_the_rule_allows_R22(database: Database, story: Story, cuts: list[int]):
    forget_everything(database)
    log = log_of(story)
    await followed(database, log, cuts)
    assert (groups_seen(database), contacts_seen(database)) == by_the_rule(log)
