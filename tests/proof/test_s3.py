"""The signature is that of the examples in Amazon's documentation of Signature Version 4."""

from datetime import UTC, datetime

import pytest

from groupchat.proof.s3 import Credentials, NoCredentialsError

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
AT = datetime(2013, 5, 24, tzinfo=UTC)


def signature(headers):
    return headers["authorization"].rpartition("Signature=")[2]


def test_an_object_is_put_with_the_signature_of_the_example_R70():
    given = {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    url = "https://examplebucket.s3.amazonaws.com/test%24file.text"
    headers = EXAMPLE.signed("PUT", url, b"Welcome to Amazon S3.", AT, given)
    assert signature(headers) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"


def test_an_object_is_read_with_the_signature_of_the_example_R70():
    headers = EXAMPLE.signed("GET", "https://examplebucket.s3.amazonaws.com/test.txt", b"", AT, {"range": "bytes=0-9"})
    assert signature(headers) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def test_a_missing_environment_variable_is_named_and_the_secret_is_not_shown_R70():
    with pytest.raises(NoCredentialsError, match="also set AWS_SECRET_ACCESS_KEY, AWS_REGION"):
        Credentials.of({"AWS_ACCESS_KEY_ID": "id"})
    assert EXAMPLE.secret not in repr(EXAMPLE)


def test_an_endpoint_that_is_not_a_web_address_is_rejected_R70():
    environment = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    assert Credentials.of(environment | {"AWS_ENDPOINT_URL_S3": "HTTPS://s3.example.com"}).endpoint == "HTTPS://s3.example.com"
    for wrong in ("s3.example.com", "https:///bucket"):
        with pytest.raises(NoCredentialsError, match="AWS_ENDPOINT_URL_S3 is not a web address"):
            Credentials.of(environment | {"AWS_ENDPOINT_URL_S3": wrong})
