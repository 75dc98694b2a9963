import pytest

from groupchat.values.sms_text import length


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", 0),
        ("Hello", 5),
        ("\n\r", 2),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 42),
        ("^{}\\[~]|€", 18),
        ("5€", 3),
        ("ç", 1),
        ("5€ ç", 4),
        ("ж", 1),
        ("`", 1),
        ("\t", 1),
        ("Hi 👋", 5),
        ("🏳️‍🌈", 6),
        ("e\u0301", 2),
    ],
)
def test_a_text_is_counted_in_gsm_7_or_in_ucs_2_as_carriers_do_R47(text, counted):
    assert length(text) == counted
