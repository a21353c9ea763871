"""The public status page of an organisation: what everybody is shown, and what somebody must publish."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from slawatch.core.text import FromText

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_URL: Final = re.compile(r"https?://[^\s/?#@\"'<>\\]+(?:/[^\s?#\"'<>\\]*)?")


def parse_slug(text: str) -> str:
    """Return the last part of a page's address.

    >>> parse_slug("acme-status")
    'acme-status'

    Raises:
        ValueError: not of small letters, digits and dashes.
    """
    if not _SLUG.fullmatch(text):
        raise ValueError(f"{text!r} is not up to 64 small letters, digits and dashes")
    return text


def parse_public_url(text: str) -> str:
    """Return the address of a site, without a slash at the end.

    >>> parse_public_url("https://watch.example/"), parse_public_url("https://example.com/slawatch")
    ('https://watch.example', 'https://example.com/slawatch')

    Raises:
        ValueError: not an address of the web, or with more than host and path.
    """
    if text and not _URL.fullmatch(text):
        raise ValueError(f"{text!r} is not an address such as https://watch.example")
    return text.rstrip("/")


Slug: TypeAlias = Annotated[
    str, FromText(parse_slug, 'small letters, digits and dashes such as "acme"', example="acme")
]
PublicUrl: TypeAlias = Annotated[
    str,
    FromText(parse_public_url, 'an address such as "https://watch.example"', example="https://watch.example"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """What an organisation shows to everybody; an empty table is enough to have one.

    Attributes:
        enabled: whether there is a page.
        slug: it is at `/status/SLUG`; the organisation's key by default.
        title: of the page; the organisation's name by default.
        services: the ones that are shown, in this order; all of the organisation by default.
        publish: `by_hand`: an incident is shown once somebody publishes a text about it, and only that text;
            `automatic`: that there is one, its services, state and times are shown as well, never why.
        maintenance: what is shown of announced windows: their `times` and services, the `reasons` too, or
            `none` of them.
        about: a line below the title.
    """

    enabled: bool = True
    slug: Slug = ""
    title: str = ""
    services: tuple[str, ...] = ()
    publish: Literal["by_hand", "automatic"] = "by_hand"
    maintenance: Literal["times", "reasons", "none"] = "times"
    about: str = ""
