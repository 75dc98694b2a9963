"""Fixtures of these tests: the fake Twilio, the adapter that calls it, and an inbox."""

import pytest

from groupchat.carriers.twilio.adapter import Twilio
from groupchat.store.database import Database
from tests.carriers.doubles import HandClock, RecordingInbox
from tests.carriers.twilio.bench import adapter
from tests.carriers.twilio.fake import FakeTwilio


@pytest.fixture
def vendor() -> FakeTwilio:
    return FakeTwilio()


@pytest.fixture
def twilio(vendor: FakeTwilio, database: Database, clock: HandClock) -> Twilio:
    return adapter(vendor, database, clock)


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()
