"""A broker that asks for a password over TLS, and has another listener that asks for nothing."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.support.kafka import broker, install

USER, PASSWORD = "groupchat", "secret"
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


@contextmanager
def a_secured_broker(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Run it; give the open address, the secured one, and the file with the authority to trust."""
    install()
    keystore, authority = _certificate(folder)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        secured = f"127.0.0.1:{one.getsockname()[1]}"
    own = broker.Broker(folder / "broker")
    own._settings = {
        "listeners": f"PLAINTEXT://{own.address},CLIENT://{secured},CONTROLLER://127.0.0.1:{own._controller}",
        "advertised.listeners": f"PLAINTEXT://{own.address},CLIENT://{secured}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT",
        "listener.name.client.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": f'{_LOGIN} user_{USER}="{PASSWORD}";',
        "listener.name.client.ssl.keystore.type": "PEM",
        "listener.name.client.ssl.keystore.location": str(keystore),
    }
    own.start()
    try:
        yield own.address, secured, authority
    finally:
        own.kill()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that vouches for itself; return the files with its key and it, and with it alone."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    keystore, authority = folder / "broker.pem", folder / "authority.pem"
    keystore.write_bytes(private + shown)
    authority.write_bytes(shown)
    return keystore, authority
