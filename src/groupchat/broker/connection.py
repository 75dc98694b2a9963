"""Settings for connecting to the brokers, in the terms of kafka-python."""

from typing import Any, Literal

from msgspec import Struct

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class Brokers(Struct, frozen=True, kw_only=True):
    """The brokers' addresses and the login; files are paths of PEM files.

    A client looks for a broker that responds for `bootstrap_ms`.
    """

    bootstrap_servers: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism | None = None
    sasl_username: str | None = None
    sasl_password: str | None = None
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    bootstrap_ms: int = 5_000

    def arguments(self) -> dict[str, Any]:
        """Return the options that every client of kafka-python takes."""
        return {
            "bootstrap_servers": [server.strip() for server in self.bootstrap_servers.split(",")],
            "bootstrap_timeout_ms": self.bootstrap_ms,
            "client_id": "groupchat",
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
            "ssl_cafile": self.ssl_cafile,
            "ssl_certfile": self.ssl_certfile,
            "ssl_keyfile": self.ssl_keyfile,
        }
