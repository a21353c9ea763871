"""Keeps secrets out of what providers, programs and libraries say."""

import base64
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus, unquote

from slawatch.core.text import Secret
from slawatch.notifiers._cut import cut, one_line

_SHORTEST: Final = 4
_ANSWER: Final = 200
_HIDDEN: Final = "…"


def plain(value: str | Secret) -> str:
    """Return the text itself, secret or not."""
    return value.value if isinstance(value, Secret) else value


def secrets_of(*values: str | Secret | None) -> tuple[str, ...]:
    """Return the secret texts among these, in every form in which an answer may repeat them, longest first.

    Of a secret URL its telling parts are secret too: the tokens in its path and query, its password.
    """
    found: set[str] = set()
    for value in values:
        if isinstance(value, Secret):
            found.update(_forms(value.value))
    return tuple(sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True))


def _forms(text: str) -> Iterable[str]:
    parts = [text, text.strip()]
    if "://" in text:
        rest = text.partition("://")[2]
        authority, _, path = rest.partition("/")
        credentials = authority.rpartition("@")[0]
        parts += [f"/{path}", credentials, *credentials.split(":")]
        parts += [
            part for part in path.replace("?", "/").replace("&", "/").split("/") if len(part) > _SHORTEST
        ]
        parts += [part.partition("=")[2] for part in path.partition("?")[2].split("&")]
    for part in parts:
        if len(part) < _SHORTEST:
            continue
        yield part
        yield unquote(part)
        yield quote(part, safe="")
        yield quote_plus(part)
        yield json.dumps(part)[1:-1]
        yield base64.b64encode(part.encode()).decode().rstrip("=")


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets."""
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def answer_line(text: str, secrets: Iterable[str]) -> str:
    """Return a short line of what somebody said, without secrets."""
    return cut(one_line(scrub(text, secrets)), _ANSWER)
