"""Fixtures of these tests: the test's own topics on a real broker, and a publisher that writes to them."""

from collections.abc import Iterator

import pytest

from tests.support.publishing import Publisher, make_topics, publisher


@pytest.fixture
def topics(kafka, topic_prefix) -> str:
    """The prefix of the test's own topics, which are there."""
    make_topics(kafka, topic_prefix)
    return topic_prefix


@pytest.fixture
def relay(kafka, topics) -> Iterator[Publisher]:
    """Publishes to the topics."""
    with publisher(kafka, topics) as one:
        yield one
