"""clean_email_mapper: addresses, whose domains are lower-case letters."""

from __future__ import annotations

from support.one_operator import rewritten


def test_an_address_goes_or_is_replaced():
    text = "mail a.b@test.org now"
    assert rewritten("clean_email_mapper", text, repl="<mail>") == "mail <mail> now"
    assert rewritten("clean_email_mapper", text) == "mail  now"
    assert rewritten("clean_email_mapper", "A@B.ORG and @me") == "A@B.ORG and @me"
    assert rewritten("clean_email_mapper", "a (at) b", pattern="[(]at[)]", repl="@") == "a @ b"
