"""Refusals in the words of who typed the command: keys of the API become its options and arguments.

A refusal begins with the key that it is about, or has keys in backticks.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from slawatch.cli.client import DaemonError

KEYS: Final = frozenset(
    {
        "action", "address", "agreement", "announced", "assignee", "at", "before", "channel", "check",
        "class", "comment", "cursor", "days", "down_for", "end", "everything", "evidence", "expired",
        "expires", "for", "force", "from", "id", "incident", "into", "kind", "limit", "match", "month",
        "name", "note", "org", "organizations", "outage", "outcome", "over", "period", "person", "policy",
        "priority", "quarter", "reason", "replaces", "role", "schedule", "service", "services", "severity",
        "since", "start", "state", "taken_by", "text", "timeout", "title", "to", "until", "who", "window",
        "year",
    }
)  # fmt: skip
"""The keys that a refusal may begin with."""
_USUAL: Final[Mapping[str, str]] = {"id": "ID", "person": "--by"}
_MARKED: Final = re.compile(r"`([a-z_]+)`")
_FIRST: Final = re.compile(r"([a-z_]+)(?=: | is (?:missing|a number|true|what )| must be | may have )")


def in_words(text: str, words: Mapping[str, str]) -> str:
    """Return a refusal as it is read on the command line.

    Args:
        text: as the API says it.
        words: how keys are written that are no options of their own name.

    >>> in_words("for is missing: how long, such as 2h; or `until`, a time", {})
    '--for is missing: how long, such as 2h; or --until, a time'
    >>> in_words("to: there is no 'bobb'", {"to": "WHO"}), in_words("shop: is down", {})
    ("WHO: there is no 'bobb'", 'shop: is down')
    """

    def written(found: re.Match[str]) -> str:
        key = found[1]
        if key not in KEYS:
            return found[0]
        return words.get(key) or _USUAL.get(key) or f"--{key.replace('_', '-')}"

    first = _FIRST.match(text)
    if first is not None:
        text = written(first) + text[first.end() :]
    return _MARKED.sub(written, text)


@contextmanager
def said_in(words: Mapping[str, str]) -> Iterator[None]:
    """Say refusals as they are read on the command line.

    Args:
        words: how keys are written that are no options of their own name.

    Raises:
        DaemonError, EntryRefused: as they came, in other words.
    """
    from slawatch.answers.wish import EntryRefused

    try:
        yield
    except DaemonError as error:
        error.lines = [in_words(line, words) for line in error.lines]
        raise
    except EntryRefused as error:
        raise EntryRefused(in_words(str(error), words), error.status) from None
