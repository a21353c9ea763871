"""What several types of channels have among their keys."""

from slawatch.core.text import Secret
from slawatch.notifiers import _http_client, _texts
from slawatch.notifiers._http_client import Endpoint
from slawatch.notifiers._scrub import plain, secrets_of
from slawatch.notifiers._url import parse_proxy, parse_url


def check_url(key: str, value: str | Secret | None) -> None:
    """Look at a URL that somebody wrote.

    Raises:
        ValueError: it is none; the message names the key.
    """
    if value is None:
        return
    try:
        (parse_proxy if key == "proxy" else parse_url)(plain(value))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def check_header(key: str, text: str) -> None:
    """Look at a text that goes into a header.

    Raises:
        ValueError: it cannot; the message names the key and not the text, which may be secret.
    """
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError(f"{key}: line breaks, outer spaces and characters beyond ASCII cannot be sent")


def endpoint(
    url: str, ca_file: str | None, proxy: str | Secret | None, *secrets: str | Secret | None
) -> Endpoint:
    """Return where requests go; whatever of the values is a Secret is kept out of messages."""
    return Endpoint(
        url=parse_url(url),
        ca_file=ca_file,
        proxy=None if proxy is None else parse_proxy(plain(proxy)),
        secrets=secrets_of(proxy, *secrets),
    )


def prepare_http(ca_file: str | None, templates: str) -> None:
    """Make beforehand what requests need: the TLS context and the templates."""
    _http_client.prepare(ca_file)
    _texts.prepare(templates)
