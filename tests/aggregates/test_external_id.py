"""External ids: R54."""

from groupchat.aggregates import external_id
from groupchat.aggregates.external_id import ClaimId, ExternalIdClaimed, ExternalIdReleased, ExternalIdTakenError, ReleaseId
from tests.support.given_when_then import given

CLAIMED = ExternalIdClaimed(external_id="crm-1", contact_id="ctc_1")
RELEASED = ExternalIdReleased(external_id="crm-1", contact_id="ctc_1")
CLAIM = ClaimId(external_id="crm-1", contact_id="ctc_1")
RELEASE = ReleaseId(external_id="crm-1", contact_id="ctc_1")
OTHERS_CLAIM = ClaimId(external_id="crm-1", contact_id="ctc_2")


def test_an_external_id_belongs_to_one_contact_at_a_time_R54():
    claimed = given(external_id).when(CLAIM).then(CLAIMED)
    claimed.when(CLAIM).nothing()
    assert claimed.when(OTHERS_CLAIM).refused(ExternalIdTakenError).members == {"contact_id": "ctc_1"}
    free = claimed.when(RELEASE).then(RELEASED)
    free.when(OTHERS_CLAIM).then(ExternalIdClaimed(external_id="crm-1", contact_id="ctc_2"))


def test_a_contact_gives_up_only_an_id_of_its_own_R54():
    given(external_id).when(RELEASE).nothing()
    given(external_id, CLAIMED).when(ReleaseId(external_id="crm-1", contact_id="ctc_2")).nothing()


def test_each_workspace_has_its_own_ids_R54():
    assert external_id.stream("wsp_1", "crm-1") != external_id.stream("wsp_2", "crm-1")
