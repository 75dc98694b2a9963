import re
from pathlib import Path

import msgspec
import pytest

from groupchat.settings import CARRIERS, Settings, SettingsError, from_environment, unknown

SERVERS = "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS"


@pytest.mark.parametrize("servers", ["localhost", "kafka:9092", "a:9092, b:9092", "[::1]:9092"])
def test_brokers_are_named_by_hosts_and_ports(servers):
    assert from_environment({SERVERS: servers}).kafka_bootstrap_servers == servers


@pytest.mark.parametrize("servers", ["kafka:port", "kafka:99999", "http://kafka:9092", "kafka:9092,", "a b"])
def test_a_setting_that_names_no_broker_is_rejected_at_start(servers):
    with pytest.raises(SettingsError, match=f"{SERVERS} is not HOST:PORT"):
        from_environment({SERVERS: servers})


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("MAX_LAG_SECONDS", "abc", "a number greater than 0"),
        ("MAX_LAG_SECONDS", "0", "a number greater than 0"),
        ("KAFKA_PARTITIONS", "0", "a whole number, 1 or more"),
        ("KAFKA_RETENTION_HOURS", "-2", "a whole number, or -1 for no limit"),
        ("SIMULATOR_NATIVE_GROUP", "maybe", "true or false"),
        ("LOG_LEVEL", "verbose", "one of: debug, info, warning, error"),
    ],
)
def test_a_wrong_value_is_rejected_with_those_that_are_allowed(name: str, value: str, form: str):
    with pytest.raises(SettingsError, match=rf"^GROUPCHAT_{name} .*'{value}'\. Use {re.escape(form)}\.$"):
        from_environment({f"GROUPCHAT_{name}": value})


@pytest.mark.parametrize("name", [each.name for each in msgspec.structs.fields(Settings) if each.type not in {str, str | None}])
def test_a_setting_that_is_not_any_text_says_what_it_accepts(name: str):
    with pytest.raises(SettingsError, match=r"Use [^`]+\.$"):
        from_environment({f"GROUPCHAT_{name.upper()}": "?"})


def of(carrier: str) -> dict[str, str]:
    """Return the settings that a carrier needs."""
    needed = {f"GROUPCHAT_{name.upper()}": "x" for name in CARRIERS[carrier]}
    return needed | {"GROUPCHAT_PUBLIC_URL": "https://chat.example.com"}


def test_spaces_around_a_value_do_not_count_and_a_blank_value_is_unset_R43():
    blank = of("telnyx") | {"GROUPCHAT_TELNYX_PUBLIC_KEY": " \t"}

    assert from_environment(of("telnyx") | {"GROUPCHAT_TELNYX_API_KEY": " KEY \n"}).telnyx_api_key == "KEY"
    with pytest.raises(SettingsError, match="also needs GROUPCHAT_TELNYX_PUBLIC_KEY"):
        from_environment(blank)


def test_a_secret_of_two_lines_is_rejected_without_being_shown_R43():
    with pytest.raises(SettingsError, match="GROUPCHAT_TELNYX_API_KEY has a line break") as rejected:
        from_environment(of("telnyx") | {"GROUPCHAT_TELNYX_API_KEY": "KEY1\nKEY2"})

    assert "KEY1" not in str(rejected.value)


@pytest.mark.parametrize("more", ["?a=b", "#a", "/a?b"])
def test_a_public_address_takes_further_paths_R43(more: str):
    with pytest.raises(SettingsError, match="GROUPCHAT_PUBLIC_URL can have a host, a port and a path"):
        from_environment({"GROUPCHAT_PUBLIC_URL": f"https://chat.example.com{more}"})
    with pytest.raises(SettingsError, match="no user name"):
        from_environment({"GROUPCHAT_PUBLIC_URL": "https://ann:secret@chat.example.com"})


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_half_configured_carrier_is_refused_with_the_missing_settings_R43(carrier: str):
    whole = of(carrier)
    assert from_environment(whole).has(carrier)
    for name in whole:
        left = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(SettingsError, match=f"{carrier} also needs {name}. See docs/carriers.md"):
            from_environment(left)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_carrier_that_is_named_must_be_configured_R43(carrier: str):
    with pytest.raises(SettingsError, match=f"{carrier} also needs"):
        from_environment({"GROUPCHAT_CARRIER": carrier})


def test_a_secret_can_come_from_a_file(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("from the file\n")

    assert from_environment({"GROUPCHAT_AUDIT_KEY_FILE": str(secret)}).audit_key == "from the file"
    with pytest.raises(SettingsError, match="are both set"):
        from_environment({"GROUPCHAT_AUDIT_KEY_FILE": str(secret), "GROUPCHAT_AUDIT_KEY": "another"})
    secret.write_text(" \n")
    with pytest.raises(SettingsError, match="GROUPCHAT_AUDIT_KEY_FILE names a file that is empty"):
        from_environment({"GROUPCHAT_AUDIT_KEY_FILE": str(secret)})
    with pytest.raises(SettingsError, match="GROUPCHAT_AUDIT_KEY_FILE names a file that can't be read"):
        from_environment({"GROUPCHAT_AUDIT_KEY_FILE": str(tmp_path / "missing")})


@pytest.mark.parametrize("name", ["MECHANISM", "USERNAME", "PASSWORD"])
@pytest.mark.parametrize("protocol", ["", "SSL"])
def test_a_login_to_brokers_that_would_be_ignored_is_refused(name: str, protocol: str):
    given = {f"GROUPCHAT_KAFKA_SASL_{name}": "PLAIN", "GROUPCHAT_KAFKA_SECURITY_PROTOCOL": protocol}

    with pytest.raises(SettingsError, match=f"GROUPCHAT_KAFKA_SASL_{name} has no effect, because .*Use SASL_SSL"):
        from_environment(given)
    assert from_environment(given | {"GROUPCHAT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})


def test_variables_that_are_not_settings_are_found():
    given = {"GROUPCHAT_FOO": "1", "GROUPCHAT_CARRIER": "simulator", "GROUPCHAT_AUDIT_KEY_FILE": "x", "HOME": "x"}

    assert unknown(given) == ["GROUPCHAT_FOO"]


def test_the_chosen_settings_are_shown_without_secrets():
    texts = {field.name: "chosen" for field in msgspec.structs.fields(Settings)}
    shown = Settings(**texts).chosen().keys()

    assert {"carrier", "public_url", "kafka_bootstrap_servers", "telnyx_url"} <= shown
    assert [name for name in shown if re.search("secret|password|key$|auth_token", name)] == []
    assert shown.isdisjoint({"database_url", "audit_publish"})
    assert Settings(log_level="debug").chosen() == {"log_level": "debug"}
