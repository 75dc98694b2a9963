"""Manipulations by someone with access to the database are detected; `make manipulations` tries 1,000 of each kind."""

import pytest

from groupchat.store.database import Database
from groupchat.store.schema import migrate
from tests.proof.logs import look
from tests.proof.manipulations import KINDS, a_log, found


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('manipulations') / 'log.db'}")
    migrate(database)
    yield database, a_log(database)
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_manipulation_is_found_and_the_first_wrong_event_is_named_R70(log, kind):
    assert found(*log, kind, trials=20) == 20


def test_a_log_that_nobody_changed_has_no_fault_R70(log):
    database, checkpoint = log
    with database.read() as connection:
        report = look(connection, [checkpoint])
    assert (report.faults, report.covered, report.events) == ((), 300, 300)


@pytest.mark.parametrize("kind", KINDS)
def test_a_manipulation_is_found_on_both_databases_R70(database, kind):
    assert found(database, a_log(database), kind, trials=2) == 2
