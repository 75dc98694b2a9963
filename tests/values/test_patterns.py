from typing import Annotated

import msgspec
import pytest

from groupchat.values.patterns import published, whole

Code = Annotated[str, whole("[A-Z]{3}", description="As `USD`.")]


def test_a_whole_text_fits_its_pattern():
    assert msgspec.convert("USD", Code) == "USD"


@pytest.mark.parametrize("written", ["USD\n", "\nUSD", "USDX", "US", "usd", ""])
def test_a_text_with_more_than_its_pattern_does_not_fit_even_if_it_is_a_last_line_break(written):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, Code)


def test_a_pattern_is_published_as_other_languages_compile_it():
    schema = {"properties": {"pattern": {"anyOf": ({"type": "null"}, msgspec.json.schema(Code))}}}
    assert published(schema) == {
        "properties": {
            "pattern": {"anyOf": [{"type": "null"}, {"description": "As `USD`.", "pattern": "^[A-Z]{3}$", "type": "string"}]}
        }
    }
