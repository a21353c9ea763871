"""`[channels.NAME]`: the ways of telling people, each with the keys of its type."""

from typing import Any, Final, cast

from slawatch import notifiers
from slawatch.config.annotations import keys
from slawatch.config.partial import BAD, Lost, judging, nothing_of, unflawed
from slawatch.config.problem import KeyPath, closest, one_of, quoted
from slawatch.config.reading import Reader
from slawatch.config.tables import named_tables
from slawatch.core.channel import Channel
from slawatch.core.text import Secret

NOT_WRITTEN: Final = ("name", "options")
"""Fields of a channel that are no keys of its table."""

COMMON: Final = tuple(key for key in keys(Channel) if key not in NOT_WRITTEN)
"""The keys that every channel has, whatever its type."""

NOT_HTTPS: Final = "everybody on the way can read it: write https:// instead of http://"
_LOCAL: Final = ("127.", "localhost", "[::1]")
_URLS: Final = ("url", "webhook_url")


def read_channels(reader: Reader) -> dict[str, Channel]:
    """Return the channels by name."""
    tables = named_tables(reader, "channels")
    found: dict[str, Channel] = Lost() if isinstance(tables, Lost) else {}
    for name, table in tables.items():
        found[name] = nothing_of(Channel, name=name) if table is None else _channel(reader, name, table)
    return found


def _channel(reader: Reader, name: str, table: dict[str, Any]) -> Channel:
    path = ("channels", name)
    kind, certain = _type(reader, table, path)
    table = reader.known(table, [*COMMON, *(keys(kind.options) if kind else _every_option())], path)
    values = reader.fields(Channel, table, path, given=(*NOT_WRITTEN, "type"))
    options: Any = BAD
    if kind is not None:
        options = reader.build(kind.options, reader.fields(kind.options, table, path), path)
    values |= {"name": name, "type": kind.name if kind and certain else BAD, "options": options}
    return cast("Channel", unflawed(reader.build(Channel, values, path)))


def _every_option() -> list[str]:
    """Return the keys of all channel types."""
    return sorted({key for name in notifiers.names() for key in keys(notifiers.load(name).options)})


def _type(reader: Reader, table: dict[str, Any], path: KeyPath) -> tuple[notifiers.NotifierType | None, bool]:
    """Return the type of a channel, and whether that is certain; one that may be meant helps to read on."""
    known = notifiers.names()
    slip = "" if "type" in table else closest("type", set(table) - {*COMMON, *_every_option()})
    if slip:
        table = {"type": table[slip], **table}
    if "type" not in table:
        reader.problem(path, 'the key "type" is missing', expected=one_of(known))
        return None, False
    found = table["type"]
    if found is BAD:
        return None, False
    if isinstance(found, str) and found in known:
        return notifiers.load(found), True
    meant = closest(found, known) if isinstance(found, str) else None
    hint = f": did you mean {quoted(meant)}?" if meant else ""
    reader.wrong((*path, "type"), one_of(known), found, f"there is no such channel type{hint}")
    kind = notifiers.load(meant) if meant else None
    fits = kind is not None and set(table) - {*COMMON} and {*COMMON, *keys(kind.options)}.issuperset(table)
    return kind if fits else None, False


def has_own_recipients(channel: Channel) -> bool:
    """Say whether a channel knows where to send what is not for a person."""
    options = channel.options
    if hasattr(options, "to"):
        return bool(options.to)
    return getattr(options, "token", None) is None or bool(getattr(options, "channel", ""))


def needs_address(channel: Channel) -> bool:
    """Say whether a channel finds a person by an address only: mail address or phone number."""
    return hasattr(channel.options, "to")


def review_channels(reader: Reader, channels: dict[str, Channel]) -> None:
    """Note channels that show their secrets, that a provider takes for one, whose templates are broken."""
    owners: dict[tuple[str, ...], str] = {}
    for name, channel in channels.items():
        path = ("channels", name)
        for key in _URLS:
            with judging:
                if unencrypted(getattr(channel.options, key, None)):
                    reader.warn((*path, key), NOT_HTTPS)
        with judging:
            looked_at = reader.reads_files and _has_templates(channel)
            for wrong in notifiers.review_templates(channel.options.templates) if looked_at else ():
                reader.warn((*path, "templates"), wrong)
        with judging:
            if not notifiers.load(channel.type).keeps_state:
                continue
            identity = _identity(channel)
            if identity in owners:
                reader.problem(
                    path,
                    f"the same as [channels.{owners[identity]}]: {channel.type} would take the messages of "
                    "both for one alert, and close it for both at once; use one of them",
                )  # fmt: skip
            owners.setdefault(identity, name)


def _has_templates(channel: Channel) -> bool:
    return bool(getattr(channel.options, "templates", ""))


def _identity(channel: Channel) -> tuple[str, ...]:
    """Return what a provider knows a channel by: where it is, and the key."""
    options = channel.options
    secrets = (
        getattr(options, key.field)
        for key in keys(notifiers.load(channel.type).options).values()
        if key.kind is Secret
    )
    return (channel.type, str(getattr(options, "url", "")), *(secret.value for secret in secrets))


def unencrypted(url: object) -> bool:
    """Say whether a URL leads over a network without TLS."""
    text = url.value if isinstance(url, Secret) else url
    if not isinstance(text, str):
        return False
    scheme, _, rest = text.partition("://")
    return scheme.lower() == "http" and not rest.rpartition("@")[2].startswith(_LOCAL)
