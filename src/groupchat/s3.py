"""Connecting to a bucket of S3, or of another store with its protocol.

The credentials are in the environment, under the names that other programs use: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT_URL_S3` for other stores.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store

from groupchat.values.errors import ExpectedError
from groupchat.values.web_address import is_web_address

if TYPE_CHECKING:
    from obstore.store import S3Config  # only its type information has it

_NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
_RETRIES = 3


class BucketSettingsError(ExpectedError):
    """The environment does not say how to reach S3. The message names what is missing or wrong."""


def open_bucket(bucket: str, prefix: str, environment: Mapping[str, str], seconds: float) -> S3Store:
    """Return a bucket, below a prefix; nothing is called yet. `seconds` limits each call with its retries.

    Each upload has a checksum, without which S3 accepts nothing in a bucket with Object Lock. Raises `BucketSettingsError`.
    """
    if missing := [name for name in _NEEDED if not environment.get(name)]:
        msg = f"To use s3://{bucket}, also set {', '.join(missing)}."
        raise BucketSettingsError(msg)
    key_id, secret, region = (environment[name] for name in _NEEDED)
    config: S3Config = {
        "access_key_id": key_id,
        "secret_access_key": secret,
        "region": region,
        "checksum_algorithm": "SHA256",
    }
    if token := environment.get("AWS_SESSION_TOKEN"):
        config["session_token"] = token
    if endpoint := environment.get("AWS_ENDPOINT_URL_S3"):
        if not is_web_address(endpoint):
            msg = "AWS_ENDPOINT_URL_S3 is not a web address, such as https://s3.example.com."
            raise BucketSettingsError(msg)
        config["endpoint"] = endpoint
    limit = timedelta(seconds=seconds)
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={"allow_http": endpoint is not None and endpoint.lower().startswith("http://"), "timeout": limit},
        retry_config={"max_retries": _RETRIES, "retry_timeout": limit},
    )
