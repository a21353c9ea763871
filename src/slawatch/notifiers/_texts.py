"""The words of messages: Jinja templates, ours or those that a user put in their place."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from slawatch.core.instant import SECOND, Instant, to_datetime
from slawatch.core.notification import Kind, Link, Notification
from slawatch.core.text import spoken_duration
from slawatch.notifiers._cut import cut, one_line

FOLDER: Final = Path(__file__).parent / "templates"
_LONGEST: Final = 100_000

_LABELS: Final[dict[Kind, str]] = {
    Kind.UPDATE: "Update",
    Kind.ACK: "Acknowledged",
    Kind.RESOLVE: "Resolved",
    Kind.REMINDER: "Reminder",
    Kind.DIGEST: "Digest",
    Kind.META: "slawatch itself",
}


class Text(NamedTuple):
    """A rendered text.

    Attributes:
        text: the words.
        warnings: why they are not those of the user's template.
    """

    text: str
    warnings: tuple[str, ...] = ()


def label(notification: Notification) -> str:
    """Return the word that says at a glance what this is: its severity as long as it is news."""
    return _LABELS.get(notification.kind) or str(notification.severity).upper()


def render(name: str, notification: Notification, folder: str = "") -> Text:
    """Return the words of a message.

    Args:
        name: the template: `title.txt`, `text.txt`, `subject.txt`, `email.html`, `slack.txt`, `sms.txt`.
        notification: what it is about: its fields are the template's variables.
        folder: where the user's templates are; one that is not there, or is broken, is replaced by ours.
    """
    values = _values(notification)
    warning = ""
    if folder:
        text, warning = _try(name, values, folder)
        if not warning:
            return Text(text)
    text, own = _try(name, values, "")
    if own:
        text = f"[{label(notification)}] {notification.title}"
    return Text(text, tuple(said for said in (warning, own) if said))


def title(notification: Notification, folder: str = "", name: str = "title.txt") -> Text:
    """Return the message on one line."""
    found = render(name, notification, folder)
    return Text(one_line(found.text), found.warnings)


def prepare(folder: str = "") -> None:
    """Compile what will be needed, and import what compiles it."""
    example = Notification(kind=Kind.META, idempotency_key="", at=0, title="prepare")
    for path in FOLDER.iterdir():
        render(path.name, example, folder)


def review(folder: str) -> tuple[str, ...]:
    """Return what is wrong with a folder of templates, a line each; no message is needed to find it."""
    place = Path(folder)
    names = sorted(path.name for path in FOLDER.iterdir())
    if not place.is_dir():
        return (f"there is no folder {folder}: the texts are slawatch's own",)
    own = [name for name in names if (place / name).is_file()]
    if not own:
        return (f"none of {', '.join(names)} is in {folder}: the texts are slawatch's own",)
    texts = (_try(name, _values(example), folder) for name in own for example in _examples())
    return tuple(dict.fromkeys(said for _, said in texts if said))


def _examples() -> list[Notification]:
    """Return a message of each kind: with all that there can be, and with as little as there can be."""
    full = Notification(
        kind=Kind.TRIGGER, idempotency_key="1:1:trigger:0:0:person:alice:mail", at=120 * SECOND, incident="1",
        generation=1, service="shop", organization="Acme Corp", title="shop-home is down",
        summary="connection refused", reason="level 0 of default", since=0, timezone="Europe/Berlin",
        links=(Link("Incident", "https://slawatch.example/incidents/1"),), details={"check": "shop-home"},
        entries=("CRITICAL: shop-home is down",), recipient="person:alice", address="alice@example.com",
    )  # fmt: skip
    bare = Notification(kind=Kind.META, idempotency_key="k", at=0, title="slawatch itself")
    return [replace(message, kind=kind) for kind in Kind for message in (full, bare)]


def _try(name: str, values: Mapping[str, Any], folder: str) -> tuple[str, str]:
    """Return the text, and why there is none."""
    try:
        text = _environment(folder, name).get_template(name).render(values).strip()
    except Exception as error:  # noqa: BLE001 (templates are programs of other people)
        said = one_line(str(error)) or type(error).__name__
        return "", cut(f"{_place(error, folder) or name} cannot be used: {said}", 300)
    if not text:
        return "", f"the template {Path(folder) / name} gives no text"
    return cut(text, _LONGEST), ""


def _place(error: Exception, folder: str) -> str:
    """Return the template and the line at which it fails; one may include another."""
    file, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        seen = trace.tb_frame.f_code.co_filename
        if seen.startswith((f"{folder or FOLDER}/", f"{FOLDER}/")):
            file, line = seen, trace.tb_lineno
        trace = trace.tb_next
    return f"the template {file}, line {line}," if file else ""


@cache
def _environment(folder: str, name: str) -> Any:
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = FileSystemLoader(FOLDER)
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder), ours]) if folder else ours,
        undefined=StrictUndefined,
        autoescape=name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize(name),
    )
    environment.filters["time"] = _time
    environment.filters["duration"] = spoken_duration
    environment.filters["sentence"] = sentence
    return environment


def _finalize(name: str) -> Callable[[Any], Any]:
    """Return what is done to each value: Slack reads <, > and & as its own, and nobody likes to read None."""
    if name == "slack.txt":
        return lambda value: "" if value is None else mrkdwn(str(value))
    return lambda value: "" if value is None else value


def mrkdwn(text: str) -> str:
    """Return a text that Slack shows as it is: without mentions and links of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(instant: Instant, timezone: str = "UTC") -> str:
    return to_datetime(instant).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def sentence(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _values(notification: Notification) -> dict[str, Any]:
    """Return the variables of a template."""
    found = {field.name: getattr(notification, field.name) for field in fields(notification)}
    links = [
        Link(one_line(link.text) or link.href, "".join(link.href.split()).replace("|", "%7C"))
        for link in notification.links
        if link.href.startswith(("https://", "http://"))
    ]
    since = notification.since
    return {
        **found,
        "kind": str(notification.kind),
        "severity": str(notification.severity),
        "label": label(notification),
        "links": links,
        "lasted": None if since is None else notification.at - since,
    }
