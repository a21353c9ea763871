"""Taking a person out of what is stored: who may be, and what stands in their place."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from slawatch.answers.wish import EntryRefused

if TYPE_CHECKING:
    from slawatch.config.model import Config
    from slawatch.store.database import Database

_MOST: Final = 50
_LONGEST: Final = 500


def pseudonym() -> str:
    """Return what stands in the place of somebody: a new one each time."""
    return f"erased-{secrets.token_hex(4)}"


def names_of(wish: Mapping[str, Any]) -> list[str]:
    """Return the names in a wish: `name`, and what else they are known by in `also`.

    Raises:
        EntryRefused: it has none, or some that are no names.
    """
    also = wish.get("also", [])
    found = [wish.get("name"), *(also if isinstance(also, list) else [None])]
    if not all(isinstance(text, str) for text in found) or len(found) > _MOST:
        raise EntryRefused("name is a text, and also is an array of texts", HTTPStatus.UNPROCESSABLE_ENTITY)
    names = list(dict.fromkeys(str(text).strip() for text in found))
    if any(not 2 <= len(text) <= _LONGEST for text in names):
        raise EntryRefused("a name has two characters or more", HTTPStatus.UNPROCESSABLE_ENTITY)
    return names


def check(config: "Config", names: Sequence[str]) -> None:
    """Refuse names that would come back, or that mean something else as well.

    Raises:
        EntryRefused: the configuration has one of them.
    """
    sections: Mapping[str, Mapping[str, object]] = {
        "people": config.people, "users": config.users, "organizations": config.organizations,
        "services": config.services, "checks": config.checks, "channels": config.channels,
        "schedules": config.schedules, "teams": config.teams, "escalations": config.escalations,
        "agreements": config.agreements,
    }  # fmt: skip
    for text in names:
        for section, table in sections.items():
            if text not in table:
                continue
            why = "has the same name: the two could not be told apart"
            if section in ("people", "users"):
                why = (
                    "is in the configuration: take it out first and `slawatch reload`, or the name comes back"
                )
            raise EntryRefused(f"[{section}.{text}] {why}", HTTPStatus.CONFLICT)


def erase(database: "Database", names: Sequence[str], instead: str) -> dict[str, int]:
    """Put a pseudonym in the place of names; return how many rows of each table changed; blocking.

    Raises:
        EntryRefused: one of the names is that of a check, too.
        StoreError: it could not be done.
    """
    from slawatch.store import erasing

    mixed = [one for text in names for one in erasing.known(database, text)]
    if mixed:
        raise EntryRefused(f"the name could not be told apart from {mixed[0]}", HTTPStatus.CONFLICT)
    return erasing.erase(database, names, instead)
