"""What carriers answer is counted by outcome, for the metrics."""

from contextlib import suppress

from prometheus_client import CollectorRegistry, generate_latest

from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError
from groupchat.processes.carrier_counts import CarrierCounts


def test_calls_are_counted_by_carrier_and_outcome():
    calls, registry = CarrierCounts(), CollectorRegistry()
    for each in calls.collectors:
        registry.register(each)
    errors = (
        CarrierRefusedError("1", "never"),
        CarrierRefusedError("2", "not now", retry_after=1.0),
        CarrierUnclearError("cut off"),
        TimeoutError(),
    )
    for error in errors:
        with suppress(CarrierRefusedError, CarrierUnclearError, TimeoutError), calls.counted("telnyx"):
            raise error
    with calls.counted("telnyx"):
        pass
    calls.unconfirmed("telnyx")

    text = generate_latest(registry).decode()
    for outcome, times in (("answered", 1), ("refused", 1), ("put_off", 1), ("unclear", 2)):
        assert f'groupchat_carrier_calls_total{{carrier="telnyx",outcome="{outcome}"}} {times}.0' in text
    assert 'groupchat_carrier_unconfirmed_total{carrier="telnyx"} 1.0' in text
    assert 'groupchat_carrier_call_seconds_count{carrier="telnyx"} 5.0' in text
