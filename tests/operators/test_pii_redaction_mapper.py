"""pii_redaction_mapper: values are those of Data-Juicer 1.6.1 for these texts."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten

from bettersynth.errors import UserError

NAME = "pii_redaction_mapper"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see /home/me/a.txt, (C:\\x\\y) and \\\\srv\\s", "see P (P) and P"),
        ("/opt is a path, a/tmp/b is none", "P is a path, a/tmp/b is none"),
        ("mail a.b@c.com now", "mail [EMAIL_REDACTED] now"),
        ("API-key: 'abc' token=x,y", "API-key: '[REDACTED]' token=[REDACTED],y"),
        ("session_id: 12 and user-id = ab.c", "session_id[ID_REDACTED] and user-id[ID_REDACTED]"),
        ("channel: feishu", "channel: [CHANNEL_ID_REDACTED]"),
        ("当前的channel: 飞书", "当前的channel: [CHANNEL_ID_REDACTED]"),
        ("ou_" + "0a" * 16, "[CHANNEL_ID_REDACTED]"),
        ("13812345678 or +86 1381234567", "[PHONE_REDACTED] or [PHONE_REDACTED]"),
        ("11010519491231002X", "[ID_CARD_REDACTED]"),
        ("-----BEGIN KEY-----\na\n-----END KEY-----.", "[PEM_REDACTED]."),
        ("eyJhb.cd_.e-f", "[JWT_REDACTED]"),
        ("192.168.1.1 but not 256.1.1.1 or 1.2.3", "[IP_REDACTED] but not 256.1.1.1 or 1.2.3"),
        ("[fe80::1]:80 x", "[IP_REDACTED] x"),
        ("00:1A:2b:3c:4d:5e", "[MAC_REDACTED]"),
        ("https://a.b/c", "https://a.b/c"),
        ("a red bicycle", "a red bicycle"),
    ],
)
def test_each_kind_has_its_placeholder(text, expected):
    got = rewritten(NAME, text).replace("[PATH_REDACTED]", "P")
    assert got == expected


def test_flags_placeholders_and_patterns_of_ones_own():
    text = "https://a.b/c a@b.org R2D2"
    own = [["[A-Z]\\d", "*"]]
    assert rewritten(NAME, text, mask_urls=True, mask_emails=False) == "[URL_REDACTED] a@b.org R2D2"
    assert rewritten(NAME, text, email_replacement="<{}>", extra_patterns=own).endswith("<{}> **")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"extra_patterns": [["("]]}, "each must be a pattern and its replacement"),
        ({"extra_patterns": [["(", ""]]}, "the pattern '[(]' is not a regular"),
        ({"path_replacement": r"\9"}, "invalid group reference"),
    ],
)
def test_a_mistake_is_told_before_the_first_row(settings, message):
    with pytest.raises(UserError, match=message):
        rewritten(NAME, "a", **settings)
