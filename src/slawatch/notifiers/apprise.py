"""Everything else: the hundred services that the apprise library knows, by its URLs."""

import importlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import trio

from slawatch.core.instant import SECOND
from slawatch.core.notification import Delivery, Notification, Verdict
from slawatch.core.text import FilePath, Secret
from slawatch.notifiers import _texts
from slawatch.notifiers._exchange import combined
from slawatch.notifiers._scrub import answer_line, secrets_of
from slawatch.notifiers._sending import Sending
from slawatch.notifiers._threads import in_thread

_AT_ONCE: Final = 4
_MISSING: Final = "the apprise library is not installed: pip install 'slawatch[apprise]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Tells through the apprise library, which knows more than a hundred services.

    It needs the extra: `pip install 'slawatch[apprise]'`. Its services do not say whether a failure is for
    good, nor whether a message got through all the same: a failure is tried again, and it may come twice.

    Attributes:
        urls: apprise's URLs, one for each service or recipient, such as `ntfys://ntfy.example/alerts`. They
            are secrets; see https://github.com/caronc/apprise/wiki.
        templates: a folder of templates that replace ours: `title.txt`, `text.txt`.
    """

    urls: tuple[Secret, ...]
    templates: FilePath = ""

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("urls needs at least one URL")
        for number, url in enumerate(self.urls):
            if "://" not in url.value:
                raise ValueError(
                    f"urls: number {number + 1} is not a URL such as ntfys://ntfy.example/alerts"
                )


def prepare(options: Options) -> None:
    """Import the library with its plugins, which takes more than a second, and compile the templates."""
    _texts.prepare(options.templates)
    library = _library()
    if library is not None:
        for url in options.urls:
            library.Apprise.instantiate(url.value, suppress_exceptions=True)


def _library() -> Any:
    """Return the library, kept from logging, for URLs would be in it; None where it is missing."""
    try:
        found = importlib.import_module("apprise")
    except ImportError:
        return None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    for name in ("urllib3", "requests_oauthlib", "oauthlib"):
        logging.getLogger(name).setLevel(logging.INFO)
    return found


async def send(options: Options, notification: Notification, sending: Sending) -> Delivery:
    """Tell each service that does not have the message yet."""
    title = _texts.title(notification, options.templates)
    text = _texts.render("text.txt", notification, options.templates)
    warnings = tuple(dict.fromkeys((*title.warnings, *text.warnings)))
    secrets = secrets_of(*options.urls)
    results: dict[str, Delivery] = {}
    end = trio.current_time() + sending.timeout / SECOND
    for number, url in enumerate(options.urls):
        name = f"url {number + 1}"
        if name in sending.reached:
            continue
        run = partial(_notify, url.value, title.text, text.text)
        with trio.move_on_at(end):
            verdict, said = await in_thread(
                run, f"apprise {sending.channel}", size=_AT_ONCE, sending=sending, abandon=True
            )
            retried = verdict is Verdict.RETRY
            results[name] = Delivery(
                verdict=verdict,
                answer=answer_line(said, secrets),
                possible_duplicate=retried,
                counts=retried,
                warnings=warnings,
            )
            continue
        said = f"no answer within {sending.timeout / SECOND:g} s"
        results[name] = Delivery(
            verdict=Verdict.RETRY, answer=said, possible_duplicate=True, counts=True, warnings=warnings
        )
    return combined(results, sending.reached)


def _notify(url: str, title: str, text: str) -> tuple[Verdict, str]:
    """Tell one service; blocks."""
    library = _library()
    if library is None:
        return Verdict.MISCONFIGURED, _MISSING
    try:
        service = library.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            return Verdict.MISCONFIGURED, "apprise does not know such a URL"
        told = service.notify(title=title, body=text, body_format="text")
    except Exception as error:  # noqa: BLE001 (a hundred plugins of other people)
        return Verdict.RETRY, f"apprise failed: {type(error).__name__}"
    name = str(service.service_name)
    return (Verdict.OK, f"{name} took it") if told else (Verdict.RETRY, f"{name} did not take it")
