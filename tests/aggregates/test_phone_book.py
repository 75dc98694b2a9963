from groupchat.aggregates import phone_book
from groupchat.aggregates.phone_book import NumberListed, NumberUnlisted
from tests.support.builders import moment, number
from tests.support.given_when_then import fold


def listed(contact_id, since):
    return NumberListed(number=number(1), contact_id=contact_id, contact_since=moment(since))


def unlisted(contact_id):
    return NumberUnlisted(number=number(1), contact_id=contact_id)


def oldest(*events):
    return fold(phone_book.evolve, events).oldest


def test_a_bare_number_is_linked_to_the_contact_that_has_it_R2():
    assert oldest(listed("ctc_1", since=5)) == "ctc_1"


def test_a_bare_number_is_linked_to_the_oldest_contact_that_has_it_even_if_it_got_it_last_R2():
    assert oldest(listed("ctc_young", since=9), listed("ctc_old", since=2), listed("ctc_middle", since=5)) == "ctc_old"


def test_the_next_oldest_follows_when_the_oldest_has_the_number_no_longer_R2():
    assert oldest(listed("ctc_old", since=2), listed("ctc_young", since=9), unlisted("ctc_old")) == "ctc_young"


def test_a_number_that_nobody_has_now_is_linked_to_nobody_R2():
    assert oldest(listed("ctc_1", since=2), unlisted("ctc_1")) is None


def test_a_contact_that_has_its_number_again_keeps_its_age_R2():
    assert oldest(listed("ctc_1", since=2), unlisted("ctc_1"), listed("ctc_2", since=5), listed("ctc_1", since=2)) == "ctc_1"


def test_a_contact_listed_twice_goes_away_at_once_R2():
    assert oldest(listed("ctc_1", since=2), listed("ctc_1", since=2), unlisted("ctc_1")) is None


def test_unlisting_a_contact_that_was_not_listed_changes_nothing():
    assert oldest(unlisted("ctc_9"), listed("ctc_1", since=2), unlisted("ctc_9")) == "ctc_1"


def test_workspaces_have_phone_books_of_their_own_R2():
    assert phone_book.stream("wsp_1", number(1)) != phone_book.stream("wsp_2", number(1))
