"""`[channels.NAME]`: the ways of telling people, each with the keys of its type."""

from typing import Any, Final

from slawatch import notifiers
from slawatch.config.annotations import keys
from slawatch.config.problem import KeyPath, nearest, one_of
from slawatch.config.reading import BAD, Reader
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
    found = {}
    for name, table in named_tables(reader, "channels").items():
        channel = _channel(reader, name, table)
        if channel is not None:
            found[name] = channel
    return found


def _channel(reader: Reader, name: str, table: dict[str, Any]) -> Channel | None:
    path = ("channels", name)
    kind = _type(reader, table, path)
    if kind is None:
        return None
    reader.unknown(table, [*COMMON, *keys(kind.options)], path)
    values = reader.fields(Channel, table, path, given=(*NOT_WRITTEN, "type"))
    read = reader.fields(kind.options, table, path)
    options = BAD if BAD in read.values() else reader.build(kind.options, read, path)
    if options is BAD or BAD in values.values():
        return None
    channel = reader.build(Channel, {**values, "name": name, "type": kind.name, "options": options}, path)
    return channel if isinstance(channel, Channel) else None


def _type(reader: Reader, table: dict[str, Any], path: KeyPath) -> notifiers.NotifierType | None:
    known = notifiers.names()
    if "type" not in table:
        reader.problem(path, 'the key "type" is missing', expected=one_of(known))
        return None
    found = table["type"]
    if not isinstance(found, str) or found not in known:
        hint = nearest(found, known) if isinstance(found, str) else ""
        message = "there is no such channel type" + (f": {hint}" if hint else "")
        reader.wrong((*path, "type"), one_of(known), found, message)
        return None
    return notifiers.load(found)


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
            if unencrypted(getattr(channel.options, key, None)):
                reader.warn((*path, key), NOT_HTTPS)
        for wrong in notifiers.review_templates(channel.options.templates) if _has_templates(channel) else ():
            reader.warn((*path, "templates"), wrong)
        if not notifiers.load(channel.type).keeps_state:
            continue
        identity = _identity(channel)
        if identity in owners:
            reader.problem(
                path,
                f"the same as [channels.{owners[identity]}]: {channel.type} would take the messages of both "
                "for one alert, and close it for both at once; use one of them",
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
