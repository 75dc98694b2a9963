import pytest

from groupchat.settings import SettingsError, from_environment

SERVERS = "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS"


@pytest.mark.parametrize("servers", ["localhost", "kafka:9092", "a:9092, b:9092", "[::1]:9092"])
def test_brokers_are_named_by_hosts_and_ports(servers):
    assert from_environment({SERVERS: servers}).kafka_bootstrap_servers == servers


@pytest.mark.parametrize("servers", ["kafka:port", "kafka:99999", "http://kafka:9092", "kafka:9092,", " ", "a b"])
def test_what_names_no_broker_is_refused_at_start(servers):
    with pytest.raises(SettingsError, match=f"{SERVERS} is not HOST:PORT"):
        from_environment({SERVERS: servers})
