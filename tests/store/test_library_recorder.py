"""The library's own test cases for recorders, on ours: with text ids, and versions from 1.

The cases count versions from 0 and compare positions with lists, so a `Fitted` recorder translates for them.
"""

import sys
from types import ModuleType
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from groupchat.store.database import Database
from groupchat.store.recorder import Recorder
from groupchat.store.schema import migrate

sys.modules.setdefault("eventsourcing.cipher", ModuleType("eventsourcing.cipher")).__dict__.setdefault("AESCipher", None)
from eventsourcing.tests import persistence  # noqa: E402 - it needs a cipher by name only, which would need another package


class Fitted(Recorder):
    """Our recorder, as the cases expect one."""

    def insert_events(self, stored_events, **given):
        return list(super().insert_events([_shifted(event, 1) for event in stored_events], **given))

    def select_events(self, originator_id, gt=None, lte=None, desc=False, limit=None):  # noqa: FBT002 - the library's
        above, upto = (None if version is None else version + 1 for version in (gt, lte))
        return [_shifted(event, -1) for event in super().select_events(originator_id, above, upto, desc, limit)]


class WithoutPositions(Fitted):
    """The same for the cases of recorders that have no log."""

    def insert_events(self, stored_events, **given):
        super().insert_events(stored_events, **given)


def _shifted(event, by):
    version = event.originator_version + by
    return StoredEvent(originator_id=event.originator_id, originator_version=version, topic=event.topic, state=event.state)


class _OnSQLite:
    @pytest.fixture(autouse=True)
    def url_of_a_database(self, empty_sqlite_url):
        self.url = empty_sqlite_url


class _OnPostgres:
    @pytest.fixture(autouse=True)
    def url_of_a_database(self, empty_postgres_url):
        self.url = empty_postgres_url


class _Recorders:
    INITIAL_VERSION = 0
    recorder = Fitted

    def new_originator_id(self):
        return str(uuid4())

    def create_recorder(self):
        database = Database(self.url)
        migrate(database)
        self.addCleanup(database.close)
        return self.recorder(database)


class TestAggregateRecorderOnSQLite(_OnSQLite, _Recorders, persistence.AggregateRecorderTestCase):
    recorder = WithoutPositions


class TestAggregateRecorderOnPostgres(_OnPostgres, _Recorders, persistence.AggregateRecorderTestCase):
    recorder = WithoutPositions


class TestApplicationRecorderOnSQLite(_OnSQLite, _Recorders, persistence.ApplicationRecorderTestCase):
    pass


class TestApplicationRecorderOnPostgres(_OnPostgres, _Recorders, persistence.ApplicationRecorderTestCase):
    pass


class TestPositionsOnSQLite(_OnSQLite, _Recorders, persistence.NonInterleavingNotificationIDsBaseCase):
    pass


class TestPositionsOnPostgres(_OnPostgres, _Recorders, persistence.NonInterleavingNotificationIDsBaseCase):
    pass


# --- what the cases do not ask


def test_subscriptions_are_refused_with_an_explanation(database):
    with pytest.raises(NotImplementedError, match="follow the log with a follower"):
        Recorder(database).subscribe(gt=0)


def an_event(stream, version):
    return StoredEvent(originator_id=stream, originator_version=version, topic="topic", state=b"{}")


@pytest.mark.parametrize("versions", [(1, 1), (1, 3), (2, 1)], ids=str)
def test_versions_that_do_not_follow_one_another_are_the_librarys_integrity_error(database, versions):
    recorder = Recorder(database)
    with pytest.raises(IntegrityError):
        recorder.insert_events([an_event("a", version) for version in versions])
    assert recorder.max_notification_id() is None


def test_a_stream_id_that_is_not_text_is_refused(database):
    with pytest.raises(TypeError, match="is text"):
        Recorder(database).insert_events([an_event(7, 1)])
