from datetime import timedelta
from types import SimpleNamespace

import pytest

from groupchat.aggregates import webhooks, workspace_state
from groupchat.aggregates.webhook_events import (
    WebhookAdded,
    WebhookDescribed,
    WebhookMoved,
    WebhookRemoved,
    WebhookReplayed,
    WebhookSecretIssued,
    WebhookSwitchedOff,
    WebhookSwitchedOn,
    WebhookTested,
    WebhookTypesChosen,
)
from groupchat.aggregates.webhooks import (
    MAX_WEBHOOKS,
    OVERLAP,
    AddWebhook,
    ChangeWebhook,
    GiveUpOn,
    IssueSecret,
    RemoveWebhook,
    Replay,
    SecretName,
    SendTest,
    TooManyWebhooksError,
    WebhookFields,
    WebhookOffError,
)
from groupchat.values.errors import NotFoundError
from tests.support.builders import a_workspace, moment
from tests.support.given_when_then import given

WEBHOOKS = SimpleNamespace(decide=webhooks.decide, evolve=workspace_state.evolve)
URL = "https://crm.example.com/hooks"
TYPES = ("groupchat.conversation.message_sent",)
OFF = WebhookSwitchedOff(webhook_id="whk_1", reason="user")


def added(n: int = 1) -> WebhookAdded:
    return WebhookAdded(webhook_id=f"whk_{n}", url=URL, types=TYPES, description="CRM", secret_id="whs_1", made_with="key")


def change(**fields) -> ChangeWebhook:
    return ChangeWebhook(webhook_id="whk_1", change=WebhookFields(**fields))


def test_a_webhook_is_added_with_the_name_of_its_secret_only_R55():
    command = AddWebhook(webhook_id="whk_1", url=URL, types=TYPES, description="CRM", secret=SecretName("whs_1", "key"))
    given(WEBHOOKS, a_workspace()).when(command).then(added())


def test_a_workspace_has_a_limited_number_of_webhooks_R55():
    command = AddWebhook(webhook_id="whk_x", url=URL, types=None, description=None, secret=SecretName("whs_1", "key"))
    full = [added(n) for n in range(MAX_WEBHOOKS)]
    given(WEBHOOKS, a_workspace(), *full).when(command).refused(TooManyWebhooksError)
    left = given(WEBHOOKS, a_workspace(), *full, WebhookRemoved(webhook_id="whk_0"))
    left.when(command).then(
        WebhookAdded(webhook_id="whk_x", url=URL, types=None, description=None, secret_id="whs_1", made_with="key")
    )


def test_each_changed_field_is_its_own_event_and_an_equal_one_none_R55():
    given(WEBHOOKS, a_workspace(), added()).when(change(url="https://b.example", types=None, description=None)).then(
        WebhookMoved(webhook_id="whk_1", url="https://b.example"),
        WebhookTypesChosen(webhook_id="whk_1", types=None),
        WebhookDescribed(webhook_id="whk_1", description=None),
    )
    given(WEBHOOKS, a_workspace(), added()).when(change(url=URL, types=TYPES, description="CRM", active=True)).then()


def test_a_webhook_is_switched_off_and_on_R55():
    given(WEBHOOKS, a_workspace(), added()).when(change(active=False)).then(OFF)
    given(WEBHOOKS, a_workspace(), added(), OFF).when(change(active=False)).then()
    given(WEBHOOKS, a_workspace(), added(), OFF).when(change(active=True)).then(WebhookSwitchedOn(webhook_id="whk_1"))


def test_a_test_of_a_webhook_that_is_off_is_refused_R55():
    given(WEBHOOKS, a_workspace(), added()).when(SendTest("whk_1")).then(WebhookTested(webhook_id="whk_1"))
    given(WEBHOOKS, a_workspace(), added(), OFF).when(SendTest("whk_1")).refused(WebhookOffError)


def test_only_the_address_that_failed_is_given_up_on_R55():
    failing = GiveUpOn(webhook_id="whk_1", url=URL, reason="failing")
    moved = WebhookMoved(webhook_id="whk_1", url="https://b.example")
    given(WEBHOOKS, a_workspace(), added()).when(failing).then(WebhookSwitchedOff(webhook_id="whk_1", reason="failing"))
    for settled in (OFF, moved, WebhookRemoved(webhook_id="whk_1")):
        given(WEBHOOKS, a_workspace(), added(), settled).when(failing).then()


def test_a_new_secret_lets_the_earlier_ones_sign_for_a_while_R55():
    until = moment(3) + OVERLAP
    issue = IssueSecret(webhook_id="whk_1", secret=SecretName("whs_2", "key"), at=moment(3))
    issued = WebhookSecretIssued(webhook_id="whk_1", secret_id="whs_2", made_with="key", earlier_until=until)
    given(WEBHOOKS, a_workspace(), added()).when(issue).then(issued)
    webhook = given(WEBHOOKS, a_workspace(), added(), issued).state.webhooks["whk_1"]
    assert [secret.id for secret in webhook.secrets_at(until - timedelta(seconds=1))] == ["whs_2", "whs_1"]
    assert [secret.id for secret in webhook.secrets_at(until)] == ["whs_2"]


def test_a_secret_never_signs_longer_because_of_a_later_one_R55():
    until = moment(3) + OVERLAP
    later = [
        WebhookSecretIssued(webhook_id="whk_1", secret_id=f"whs_{n}", made_with="key", earlier_until=until + n * OVERLAP)
        for n in (2, 3, 4)
    ]
    webhook = given(WEBHOOKS, a_workspace(), added(), *later).state.webhooks["whk_1"]
    assert [secret.id for secret in webhook.secrets] == ["whs_4", "whs_3", "whs_2"]
    assert webhook.secrets[2].until == until + 3 * OVERLAP


def test_a_webhook_is_replayed_from_a_position_and_removed_R55():
    given(WEBHOOKS, a_workspace(), added()).when(Replay(webhook_id="whk_1", after=7)).then(
        WebhookReplayed(webhook_id="whk_1", after=7)
    )
    given(WEBHOOKS, a_workspace(), added()).when(RemoveWebhook("whk_1")).then(WebhookRemoved(webhook_id="whk_1"))


@pytest.mark.parametrize("command", [change(active=False), SendTest("whk_1"), RemoveWebhook("whk_1")])
def test_a_missing_webhook_is_not_found_R55(command):
    given(WEBHOOKS, a_workspace()).when(command).refused(NotFoundError)
    given(WEBHOOKS, a_workspace(), added(), WebhookRemoved(webhook_id="whk_1")).when(command).refused(NotFoundError)
