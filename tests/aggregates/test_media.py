"""Media: a file that is kept with us, and the conversations that it is in (R46)."""

from msgspec.structs import asdict

from groupchat.aggregates import media
from groupchat.aggregates.media import AttachMedia, FileFacts, MediaAttached, MediaMissing, MediaStored, MissMedia, StoreMedia
from groupchat.values.errors import NotFoundError
from tests.support.given_when_then import fold, given

FACTS = FileFacts(sha256="ab" * 32, content_type="image/png", size=70, width=2, height=1)
STORED = MediaStored(media_id="med_1", **asdict(FACTS))
ATTACHED = MediaAttached(media_id="med_1", message_id="msg_1", conversation_id="cnv_1", content_type="image/png", size=70)
MISSING = MediaMissing(media_id="med_1", message_id="msg_1", conversation_id="cnv_1", reason="It expired.")
STORE = StoreMedia(media_id="med_1", facts=FACTS)
ATTACH = AttachMedia(workspace_id="wsp_1", message_id="msg_1", conversation_id="cnv_1")
MISS = MissMedia(media_id="med_1", message_id="msg_1", conversation_id="cnv_1", reason="It expired.")


def test_a_kept_file_is_recorded_once_R46():
    given(media).when(STORE).then(STORED).when(STORE).nothing()


def test_a_file_comes_into_each_conversation_once_R46():
    given(media, STORED).when(ATTACH).then(ATTACHED).when(ATTACH).nothing()


def test_a_file_that_is_not_kept_comes_into_no_conversation_R46():
    given(media).when(ATTACH).refused(NotFoundError)
    given(media, MISSING).when(ATTACH).refused(NotFoundError)


def test_another_workspaces_file_does_not_exist_R46():
    other = AttachMedia(workspace_id="wsp_2", message_id="msg_1", conversation_id="cnv_1")
    given(media, STORED).when(other).refused(NotFoundError)


def test_a_file_is_missing_only_while_it_is_not_kept_R46():
    given(media).when(MISS).then(MISSING).when(MISS).nothing()
    given(media, STORED, ATTACHED).when(MISS).nothing()


def test_a_missing_file_can_be_kept_after_all_R46():
    given(media, MISSING).when(STORE).then(STORED).when(ATTACH).then(ATTACHED)


def test_a_file_knows_who_uploaded_it_and_where_it_is_R46():
    state = fold(media.evolve, [STORED, ATTACHED])

    assert state is not None
    assert state.uploaded_by == "usr_ann"
    assert state.conversations == {"cnv_1"}
