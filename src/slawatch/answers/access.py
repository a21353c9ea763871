"""The answers of `token list`, `token create` and `audit list`. Blocking where they read the store."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slawatch.answers.wish import EntryRefused
from slawatch.config.model import Config
from slawatch.core.access import ROLES, Principal, Role, rank
from slawatch.core.audit import as_json
from slawatch.core.credential import TOKENS_LAST, Token
from slawatch.core.instant import Instant, rfc3339
from slawatch.core.period import parse_moment
from slawatch.core.text import parse_duration

if TYPE_CHECKING:
    import duckdb

MOST: Final = 1_000
_LONGEST_NAME: Final = 100


class Wanted(NamedTuple):
    """A token to be made."""

    name: str
    role: Role
    organizations: tuple[str, ...] | None
    expires_at: Instant | None


def wanted(wish: Mapping[str, Any], config: Config, who: Principal, now: Instant) -> Wanted:
    """Return the token that a wish comes to: `name`, `role`, `organizations` (absent: all), `expires`.

    `expires` is a length such as `90d`, a time, or `never`.

    Raises:
        EntryRefused: it makes no sense, or is more than who wants it may.
    """
    unknown = wish.keys() - {"name", "role", "organizations", "expires", "person", "source"}
    if unknown:
        raise EntryRefused(f"there is no key {min(unknown)!r} here: write name, role, organizations, expires")
    name = wish.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise EntryRefused(f"name: what people call it, up to {_LONGEST_NAME} characters")
    if ":" in name:
        raise EntryRefused('name: without ":", which stands between kinds of names and names')
    role = wish.get("role", "viewer")
    if role not in ROLES:
        raise EntryRefused(f"role: one of {', '.join(ROLES)}")
    if rank(role) > rank(who.role):
        raise EntryRefused(f"a token cannot do more than you: your role is {who.role}", HTTPStatus.FORBIDDEN)
    organizations = wish.get("organizations")
    if organizations is not None:
        if not isinstance(organizations, list) or not organizations:
            raise EntryRefused("organizations: an array of their keys; leave it out for all")
        for key in organizations:
            if key not in config.organizations:
                known = ", ".join(config.organizations) or "there is none"
                raise EntryRefused(f"there is no organization {str(key)[:100]!r} (known: {known})")
        organizations = tuple(dict.fromkeys(organizations))
    return Wanted(name.strip(), role, organizations, _expiry(wish.get("expires"), config, now))


def _expiry(found: Any, config: Config, now: Instant) -> Instant | None:
    if found is None:
        return now + TOKENS_LAST
    if found == "never":
        return None
    if not isinstance(found, str):
        raise EntryRefused('expires: a length such as "90d", a time, or "never"')
    try:
        length = parse_duration(found)
    except ValueError:
        try:
            at = parse_moment(found, config.timezone)
        except (ValueError, OverflowError):
            raise EntryRefused('expires: a length such as "90d", a time, or "never"') from None
    else:
        at = now + length
    if at <= now:
        raise EntryRefused("expires: it would never hold")
    return at


def token(found: Token, now: Instant) -> dict[str, Any]:
    """Return a token as JSON shows it, without its secret and its hash."""
    return {
        "id": found.id, "name": found.name, "role": found.role,
        "organizations": "all" if found.organizations is None else list(found.organizations),
        "state": found.state(now), "created_at": rfc3339(found.created_at), "created_by": found.created_by,
        "expires_at": _stamp(found.expires_at), "revoked_at": _stamp(found.revoked_at),
        "used_at": _stamp(found.used_at),
    }  # fmt: skip


def tokens(found: Iterable[Token], now: Instant) -> dict[str, Any]:
    """Return tokens as JSON shows them."""
    return {"tokens": [token(one, now) for one in found]}


def find(found: Iterable[Token], wanted_one: str) -> Token:
    """Return the token with this id, or the one that holds or was last made of this name.

    Raises:
        EntryRefused: there is none.
    """
    known = list(found)
    for one in reversed(known):
        if one.id == wanted_one:
            return one
    named = [one for one in known if one.name == wanted_one]
    valid = [one for one in named if one.revoked_at is None]
    if named:
        return (valid or named)[-1]
    raise EntryRefused(
        f"there is no token {wanted_one[:100]!r}: `slawatch token list` shows them", HTTPStatus.NOT_FOUND
    )


def audit(cursor: "duckdb.DuckDBPyConnection", query: Mapping[str, str], timezone: str) -> dict[str, Any]:
    """Return lines of the audit log, the latest first.

    Args:
        cursor: of the store.
        query: `since`, `until`, `person`, `action`, `outcome`, `before` (a number; `cursor`, as other lists
            call it), `limit`.
        timezone: of times without an offset.

    Raises:
        EntryRefused: one of them has no such value.
    """
    from slawatch.store import audit as log

    known = ("since", "until", "person", "action", "outcome", "before", "cursor", "limit")
    unknown = [key for key in query if key not in known]
    if unknown:
        raise EntryRefused(f"there is no {unknown[0]!r} here: ask by {', '.join(known)}")
    limit = _whole(query, "limit", 100, MOST)
    found = log.listed(
        cursor,
        since=_moment(query, "since", timezone),
        until=_moment(query, "until", timezone),
        person=query.get("person"),
        action=query.get("action"),
        outcome=query.get("outcome"),
        before=_whole(query, "before" if query.get("before") else "cursor", None, (1 << 62)),
        limit=limit or 100,
    )
    lines = [as_json(one, rfc3339(one.line.at), log.detail_of(one.line)) for one in found]
    return {"audit": lines, "next": found[-1].number if limit and len(found) == limit else None}


def _moment(query: Mapping[str, str], key: str, timezone: str) -> Instant | None:
    if not query.get(key):
        return None
    try:
        return parse_moment(query[key], timezone)
    except (ValueError, OverflowError) as error:
        raise EntryRefused(f"{key}: {error}") from None


def _whole(query: Mapping[str, str], key: str, default: int | None, most: int) -> int | None:
    text = query.get(key)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18 or not 1 <= int(text) <= most:
        raise EntryRefused(f"{key}: a number from 1 to {most}")
    return int(text)


def _stamp(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
