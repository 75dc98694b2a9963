from groupchat.aggregates import reader
from groupchat.aggregates.reader import ConversationMarkedUnread, ConversationRead, MarkRead, MarkUnread
from tests.support.given_when_then import given

MARK = {"user_id": "usr_1", "conversation_id": "cnv_1"}
UNREAD = ConversationMarkedUnread(**MARK)


def read(version):
    return MarkRead(**MARK, version=version)


def was_read(version):
    return ConversationRead(**MARK, version=version)


def test_a_user_reads_a_conversation_up_to_its_version_R30():
    assert given(reader).when(read(3)).then(was_read(3)).state.version == 3


def test_a_user_reads_messages_that_came_since_R30():
    given(reader, was_read(3)).when(read(5)).then(was_read(5))


def test_an_older_mark_changes_nothing_R30():
    given(reader, was_read(3)).when(read(3)).nothing()


def test_a_late_mark_of_less_than_was_read_makes_nothing_unread_R30():
    given(reader, was_read(5)).when(read(3)).nothing()


def test_a_conversation_is_marked_unread_once_R30():
    after = given(reader, was_read(3)).when(MarkUnread(**MARK)).then(UNREAD)
    assert after.when(MarkUnread(**MARK)).nothing().state.unread


def test_a_conversation_never_read_can_be_marked_unread_R30():
    given(reader).when(MarkUnread(**MARK)).then(UNREAD)


def test_an_unread_mark_ends_with_a_read_at_the_same_version_R30():
    after = given(reader, was_read(3), UNREAD).when(read(3)).then(was_read(3))
    assert not after.state.unread


def test_an_unread_mark_does_not_move_the_read_version_back_R30():
    given(reader, was_read(5), UNREAD).when(read(3)).then(was_read(5))


def test_marks_are_per_user_and_conversation_R30():
    streams = {reader.stream(user, conversation) for user in ("usr_1", "usr_2") for conversation in ("cnv_1", "cnv_2")}
    assert len(streams) == 4
