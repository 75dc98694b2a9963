"""The alerts and the dashboard in deploy/ use metrics and labels that there are."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from groupchat.bootstrap import running
from groupchat.settings import Settings
from groupchat.webhooks.calls import CallOutcome

DEPLOY = Path(__file__).parents[1] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "groupchat.rules.yml").read_text())["groups"][0]["rules"]
BOARD = json.loads((DEPLOY / "grafana" / "groupchat.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


@pytest.fixture
async def scraped(sqlite_url):
    """The names of all samples, and each one's labels, where every metric was counted once."""
    async with running(Settings(database_url=sqlite_url)) as system:
        services = system.services
        services.metrics.answered("/v1/policy", "GET", 503, 0.1, "unavailable")
        services.metrics.posted("telnyx", "forged", 0.1)
        services.metrics.unrecorded("day", 1)
        with system.carrier_counts.counted("telnyx"):
            pass
        system.carrier_counts.unconfirmed("telnyx")
        system.webhook_counts.called(CallOutcome(seconds=0.1, status=204), 0.1)
        text = (await services.checkup.scrape(None)).body.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: {*sample.labels, "job", "instance"} for sample in samples} | {
        "groupchat_follower_seen_seconds": {"follower", "job", "instance"}  # it has a value once a worker has run
    }


def test_every_alert_and_panel_uses_existing_metrics_and_labels(scraped):
    for expression in EXPRESSIONS:
        metrics = re.findall(r"(?:groupchat|process)_\w+", expression)
        labels = re.findall(r"(\w+) ?[!=]~?\"", expression) + [
            label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")
        ]
        assert metrics, expression
        for metric in metrics:
            assert metric in scraped, expression
            assert {*labels} <= scraped[metric], expression


def test_every_alert_has_a_summary_and_a_severity():
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] in ("critical", "warning") for rule in RULES)


def test_the_panels_do_not_cover_each_other():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]]

    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(places)
