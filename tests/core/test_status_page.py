"""What a status page may be called."""

import pytest

from slawatch.core.status_page import StatusPage, parse_public_url, parse_slug


@pytest.mark.parametrize("text", ["acme", "a", "acme-eu-1", "x" * 64])
def test_slugs(text: str) -> None:
    assert parse_slug(text) == text


@pytest.mark.parametrize("text", ["", "Acme", "-acme", "acme-", "a/b", "a b", "..", "x" * 65, "ä"])
def test_what_is_no_slug(text: str) -> None:
    with pytest.raises(ValueError, match="small letters"):
        parse_slug(text)


@pytest.mark.parametrize(
    "text", ["watch.example", "ftp://a.example", "https://", "https://a.example?x=1", "https://u@a.example",
             "javascript:alert(1)", "https://a.example/ b"]
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"https://watch\.example"):
        parse_public_url(text)


def test_nothing_is_published_by_itself() -> None:
    page = StatusPage()
    assert page.enabled
    assert page.publish == "by_hand"
    assert page.maintenance == "times"
