"""Random histories of a group, compared with a model of plain sets and dicts (R7 to R9, R14 to R18, R24, R25, R37, R39).

The model knows no class of the aggregate: who is in the group, who is out and why, who blocks it, what contacts are called and
which numbers they have, what each message costs.
"""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from groupchat.aggregates import delivery, group_conversation, group_state
from groupchat.aggregates.delivery import Begin
from groupchat.aggregates.delivery_events import Started, Withheld
from groupchat.aggregates.group_conversation import (
    ConversationBlockedError,
    CreateGroup,
    Link,
    NoteContact,
    RenameGroup,
    Succeed,
    left,
)
from groupchat.aggregates.group_events import (
    GroupRenamed,
    InboundReceived,
    MessageSent,
    Participant,
    ParticipantContactLinked,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    SucceededBy,
    Unblocked,
)
from groupchat.aggregates.group_opting import OptInParticipant, OptOutParticipant, TakeBackParticipantOptOut
from groupchat.values.money import amount_of
from tests.support.builders import BUSINESS, a_contact, a_policy, a_receive, a_send, medias, number, rates, recorded, texts
from tests.support.given_when_then import fold

PEOPLE = st.integers(0, 4)
CONTACTS = st.sampled_from((1, 2))
NUMBERS = st.lists(st.integers(0, 5).map(number), min_size=1, max_size=3, unique=True)
WORDS = st.sampled_from(("keyword", "carrier"))
REASON = "A wrong click"


class ConversationMachine(RuleBasedStateMachine):
    """One group, and all that can happen to it."""

    def __init__(self):
        super().__init__()
        self.history = []
        self.state = None

    # --- the model's beginning

    @initialize(
        contact_of=st.lists(st.sampled_from((None, 1, 2)), min_size=2, max_size=5),
        named=st.sets(PEOPLE),
        reopens=st.booleans(),
    )
    def begin(self, contact_of, named, reopens):
        self.frozen = [number(n) for n in range(len(contact_of))]
        self.contact_of = {f: c for f, c in zip(self.frozen, contact_of, strict=True) if c}
        self.has = {c: self.linked_to(c) or [number(50 + c)] for c in (1, 2)}
        self.called = {c: f"Contact {c}" for c in (1, 2)}
        self.given_name = {number(n): f"Given {n}" for n in named if n < len(contact_of) and not contact_of[n]}
        self.deleted, self.on_dnd = set(), set()
        self.shown = {c: self.facts(c) for c in (1, 2)}  # what the group was told of its contacts
        self.reopens, self.beside = reopens, False
        self.words, self.hand, self.dnd = set(), set(), set()
        self.blocking = {}  # who blocks the group, and by what
        self.group_name, self.successor = None, None
        self.accepted, self.to_withhold, self.handed_over = {}, set(), set()
        self.owed = Fraction(0)
        self.heard = []
        roster = tuple(Participant(number=f, contact_id=self.contact_id(f), name=self.name_of(f)) for f in self.frozen)
        policy = a_policy(reopen_on_opt_in=reopens)
        self.do(CreateGroup(business_number=BUSINESS, name=None, roster=roster, policy=policy))

    def facts(self, contact):
        return {"name": self.called[contact], "numbers": tuple(self.has[contact]), "deleted": contact in self.deleted}

    def linked_to(self, contact):
        return [f for f in self.frozen if self.contact_of.get(f) == contact]

    def contact_id(self, frozen):
        return f"ctc_{self.contact_of[frozen]}" if frozen in self.contact_of else None

    def name_of(self, frozen):
        return self.shown[self.contact_of[frozen]]["name"] if frozen in self.contact_of else self.given_name.get(frozen)

    def do(self, command):
        events = group_conversation.decide(command, self.state)
        for event in events:
            self.history.append(recorded(event, version=len(self.history) + 1))
            self.state = group_state.evolve(self.state, self.history[-1])
        return events

    def do_once(self, command):
        events = self.do(command)
        assert group_conversation.decide(command, self.state) == [], "the same again adds nothing"
        return events

    def anybody(self, n):
        return self.frozen[n % len(self.frozen)]

    # --- talking

    @rule(body=texts(), media=medias(1), rate=rates())
    def send(self, body, media, rate):
        command = a_send(f"msg_{len(self.history)}", body=body, media=media, rate=rate)
        if self.blocking:
            with pytest.raises(ConversationBlockedError) as caught:
                group_conversation.decide(command, self.state)
            assert set(caught.value.members["opted_out"]) == set(self.blocking)  # R15
            return
        (event,) = self.do(command)
        assert isinstance(event, MessageSent)
        assert (event.body, event.media, event.rate) == (body, media, rate)  # R10, R25
        assert list(event.recipients) == self.frozen  # R8
        self.accepted[event.message_id] = (len(self.history), rate)
        self.owed += Fraction(rate.mms_segment) * len(self.frozen)  # R24

    @rule(n=PEOPLE, body=texts())
    def receive(self, n, body):
        who, message_id = self.anybody(n), f"SM{len(self.history)}"
        (event,) = self.do_once(a_receive(number=who, body=body, carrier_message_id=message_id))
        assert isinstance(event, InboundReceived)  # R15: also in a blocked group
        assert (event.number, event.name, event.body) == (who, self.name_of(who) or who, body)  # R11
        self.heard.append(message_id)

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def the_carrier_repeats_itself(self, data):
        message_id = data.draw(st.sampled_from(self.heard))
        assert self.do(a_receive(number=self.frozen[0], carrier_message_id=message_id)) == []

    @precondition(lambda self: set(self.accepted) - self.handed_over)
    @rule(data=st.data())
    def hand_over(self, data):
        self.begin_delivery(data.draw(st.sampled_from(sorted(set(self.accepted) - self.handed_over))))

    def begin_delivery(self, message_id):
        version, rate = self.accepted[message_id]
        (event,) = delivery.decide(
            Begin(
                message_id=message_id,
                conversation_id="cnv_1",
                business_number=BUSINESS,
                recipients=tuple(self.frozen),
                carrier="simulator",
                rate=rate,
                withhold=self.state.opted_out_since(version),
            ),
            None,
        )
        assert isinstance(event, Withheld if message_id in self.to_withhold else Started)  # R16
        self.handed_over.add(message_id)

    @rule(name=st.none() | texts())
    def rename(self, name):
        expected = [] if name == self.group_name else [GroupRenamed(name=name)]
        assert self.do_once(RenameGroup(name=name)) == expected  # R13
        self.group_name = name

    # --- opting out and in

    def goes_out(self, who, lists, cause):
        known = who in lists or (lists is self.hand and who in self.words)
        given = {"number": who, "cause": cause, "evidence": "said so", "contact_id": "ctc_9" if lists is self.dnd else None}
        assert self.do_once(OptOutParticipant(**given)) == ([] if known else [ParticipantOptedOut(**given)])  # R14
        if not known:
            lists.add(who)
            self.blocking.setdefault(who, set()).add(cause if cause in ("dnd", "user") else "word")
            self.to_withhold |= set(self.accepted) - self.handed_over
            self.beside = False  # the other group with the same set is blocked as well

    def comes_back(self, who, cause):
        lists = [self.dnd] if cause == "dnd" else [self.words, self.hand]
        command = OptInParticipant(number=who, cause=cause, evidence="said so", same_set_is_open=self.beside)
        expected = []
        if any(who in each for each in lists):
            expected = [ParticipantOptedIn(number=who, cause=cause, evidence="said so")]
        for each in lists:
            each.discard(who)
        if expected and self.reopens and not self.out() and not self.beside:
            expected.append(Unblocked())
            self.blocking.clear()
        assert self.do_once(command) == expected  # R17

    def out(self):
        return self.words | self.hand | self.dnd

    @rule(n=PEOPLE, cause=WORDS)
    def opt_out(self, n, cause):
        self.goes_out(self.anybody(n), self.words, cause)

    @rule(n=PEOPLE)
    def a_user_records_an_opt_out(self, n):
        self.goes_out(self.anybody(n), self.hand, "user")

    @precondition(lambda self: any("user" in by for by in self.blocking.values()))
    @rule(data=st.data())
    def a_mistaken_opt_out_is_taken_back(self, data):
        who = data.draw(st.sampled_from(sorted(who for who, by in self.blocking.items() if "user" in by)))
        expected = [ParticipantOptOutTakenBack(number=who, reason=REASON)]
        self.hand.discard(who)
        if self.blocking == {who: {"user"}}:
            if self.beside:
                self.blocking = {who: {"a mistake"}}  # R35
            else:
                expected.append(Unblocked())
                self.blocking.clear()
        else:
            self.blocking[who].discard("user")
            self.blocking = {each: by for each, by in self.blocking.items() if by}
        assert self.do_once(TakeBackParticipantOptOut(number=who, reason=REASON, same_set_is_open=self.beside)) == expected  # R39

    @precondition(lambda self: self.dnd - self.words)
    @rule(data=st.data(), cause=WORDS)
    def opt_out_beside_do_not_disturb(self, data, cause):
        self.goes_out(data.draw(st.sampled_from(sorted(self.dnd - self.words))), self.words, cause)

    @precondition(lambda self: self.words | self.hand)
    @rule(cause=WORDS, all_of_them=st.booleans())
    def opt_in_again(self, cause, all_of_them):
        for who in sorted(self.words | self.hand)[: None if all_of_them else 1]:
            self.comes_back(who, cause)

    @rule(n=PEOPLE, cause=WORDS)
    def opt_in_of_anybody(self, n, cause):
        self.comes_back(self.anybody(n), cause)
        assert self.do(OptInParticipant(number=number(99), cause=cause, evidence="e", same_set_is_open=False)) == []
        assert self.do(OptOutParticipant(number=number(99), cause=cause, evidence="e")) == []

    @precondition(lambda self: self.on_dnd != {1, 2})
    @rule(contact=CONTACTS)
    def do_not_disturb(self, contact):
        if contact not in self.deleted:
            self.on_dnd.add(contact)
            for who in self.linked_to(contact):
                self.goes_out(who, self.dnd, "dnd")

    @precondition(lambda self: self.on_dnd - self.deleted)
    @rule(data=st.data(), another_group_by_then=st.booleans())
    def disturb_again(self, data, another_group_by_then):
        if another_group_by_then:
            self.begin_another_group()
        contact = data.draw(st.sampled_from(sorted(self.on_dnd - self.deleted)))
        self.on_dnd.discard(contact)
        for who in self.linked_to(contact):
            self.comes_back(who, "dnd")

    def begin_another_group(self):
        """R35: there is one of the same set by now, if nobody's no forbids it (DND aside: it is about to end)."""
        self.beside = self.beside or bool(self.blocking and not self.words and not self.hand)

    @rule()
    def another_group_begins_with_the_same_people(self):
        if not self.out():
            self.begin_another_group()

    @precondition(lambda self: self.blocking)
    @rule()
    def succeed(self):
        self.successor = f"cnv_{len(self.history)}"
        assert self.do(Succeed(conversation_id=self.successor)) == [SucceededBy(conversation_id=self.successor)]

    # --- contacts

    def note(self, contact):
        facts = self.facts(contact)
        primary, *secondary = facts["numbers"]
        contact_now = a_contact(
            contact,
            name=facts["name"],
            number=primary,
            secondary_numbers=tuple(secondary),
            deleted=facts["deleted"],
            dnd=contact in self.on_dnd,
        )
        self.do_once(NoteContact(contact=contact_now))
        self.shown[contact] = facts

    @rule(contact=CONTACTS, name=st.none() | texts(), numbers=st.none() | NUMBERS, noted=st.booleans())
    def contact_changes(self, contact, name, numbers, noted):
        if contact not in self.deleted:
            self.called[contact] = name or self.called[contact]
            self.has[contact] = numbers or self.linked_to(contact) or self.has[contact]  # back to the frozen ones
        if noted:
            self.note(contact)

    @rule(contact=CONTACTS, really=st.integers(0, 2).map(lambda n: n == 0))
    def contact_is_deleted(self, contact, really):
        if really:
            self.deleted.add(contact)
        self.note(contact)

    @rule(n=PEOPLE, contact=CONTACTS)
    def a_contact_comes_to_have_the_number(self, n, contact):
        who = self.anybody(n)
        if contact in self.deleted or self.facts(contact) != self.shown[contact]:
            return
        linked = a_contact(contact, name=self.called[contact])
        expected = [] if who in self.contact_of else [ParticipantContactLinked(contact_id=linked.id, number=who, name=linked.name)]
        assert self.do_once(Link(number=who, contact=linked)) == expected  # R37
        if expected:
            self.contact_of[who] = contact
            self.has[contact] = [*self.has[contact], who]
            self.shown[contact] = self.facts(contact)

    # --- what is so at every moment

    @invariant()
    def participants_and_numbers_are_frozen_R7(self):
        assert list(self.state.numbers) == self.frozen
        assert self.state.business_number == BUSINESS
        assert [m.contact_id for m in self.state.members] == [self.contact_id(f) for f in self.frozen]

    @invariant()
    def tags_are_there_while_their_cause_is_R9(self):
        for member in self.state.members:
            facts = self.shown.get(self.contact_of.get(member.number))
            lost = facts is not None and member.number not in facts["numbers"]
            assert (member.updated, member.deleted) == (lost, facts is not None and facts["deleted"])
            assert member.shown_as == self.name_of(member.number) or member.number  # R11

    @invariant()
    def who_is_out_and_who_blocks_is_known_R15_R17_R19(self):
        assert {m.number for m in self.state.members if m.out} == self.out()
        assert set(self.state.blocked_by) == set(self.blocking)
        assert self.state.blocked == bool(self.blocking)
        assert set(self.blocking) >= self.out()
        assert not self.beside or self.blocking  # R35

    @invariant()
    def a_successor_takes_all_who_are_not_out_as_they_are_R18(self):
        along = left(self.state, self.out())
        assert [(p.number, p.contact_id, p.name) for p in along] == [
            (f, self.contact_id(f), self.name_of(f)) for f in self.frozen if f not in self.out()
        ]
        assert self.state.successor_id == self.successor

    def teardown(self):
        if not self.history:
            return
        for message_id in sorted(set(self.accepted) - self.handed_over):
            self.begin_delivery(message_id)
        self.no_message_stands_after_an_opt_out_R16()
        self.the_sum_of_all_segments_is_participants_times_messages_R24_R25()
        assert fold(group_state.evolve, self.history) == self.state  # replay equals live
        assert [each.version for each in self.history] == list(range(1, len(self.history) + 1))

    def no_message_stands_after_an_opt_out_R16(self):
        blocked, before = False, None
        for event in (each.event for each in self.history):
            if isinstance(event, ParticipantOptedOut):
                blocked = True
            elif isinstance(event, Unblocked):
                assert self.reopens or isinstance(before, ParticipantOptOutTakenBack)  # R17, R39
                blocked = False
            assert not (blocked and isinstance(event, MessageSent))
            before = event

    def the_sum_of_all_segments_is_participants_times_messages_R24_R25(self):
        entries = [
            (each.event, who) for each in self.history if isinstance(each.event, MessageSent) for who in each.event.recipients
        ]
        assert len(entries) == len(self.frozen) * len(self.accepted)
        assert sum(Fraction(amount_of(1, event.rate)) for event, _ in entries) == self.owed


TestConversationMachine = ConversationMachine.TestCase
TestConversationMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
