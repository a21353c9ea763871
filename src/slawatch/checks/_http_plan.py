"""What a check asks for, worked out once: the bytes of its request, the secrets that must not come out."""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol
from urllib.parse import quote

from slawatch.checks._attempt import Attempt
from slawatch.checks._dial import TlsSettings
from slawatch.checks._failure import OwnFault
from slawatch.checks._http_expect import Answer, decoded
from slawatch.checks._http_url import Url, parse_url
from slawatch.core.text import Secret

_SENT_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
_STAY_HOME: Final = frozenset(("authorization", "cookie", "proxy-authorization"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How the request says who it is.

    Attributes:
        type: `basic` and `digest` take a username and a password, `bearer` a token.
        username: for `basic` and `digest`.
        password: for `basic` and `digest`.
        token: for `bearer`.
    """

    type: Literal["basic", "bearer", "digest"]
    username: str | None = None
    password: Secret | None = None
    token: Secret | None = None

    def __post_init__(self) -> None:
        if self.type == "bearer":
            if self.token is None or self.username is not None or self.password is not None:
                raise ValueError('type = "bearer" takes a token, and neither username nor password')
            if not re.fullmatch(r"[\x21-\x7e]+", self.token.value):
                raise ValueError("the token has spaces, line breaks or other characters that cannot be sent")
        elif self.username is None or self.password is None or self.token is not None:
            raise ValueError(f'type = "{self.type}" takes a username and a password, and no token')
        elif ":" in self.username:
            raise ValueError("a username cannot contain a colon")


class Asking(Protocol):
    """The options of a check that makes HTTP requests, as far as the request goes."""

    @property
    def url(self) -> str | Secret:
        """What to ask for."""

    @property
    def method(self) -> str:
        """In capitals."""

    @property
    def headers(self) -> Mapping[str, str | Secret]:
        """To send beside our own."""

    @property
    def body(self) -> str | Secret | None:
        """To send."""

    @property
    def body_json(self) -> Any | None:
        """To send as JSON."""

    @property
    def body_file(self) -> str | None:
        """Whose content to send."""

    @property
    def auth(self) -> Auth | None:
        """Who we are."""

    @property
    def follow_redirects(self) -> bool:
        """Whether to."""

    @property
    def max_redirects(self) -> int:
        """How many."""

    @property
    def proxy(self) -> str | Secret | None:
        """To go through."""

    @property
    def tls(self) -> TlsSettings:
        """How to speak it."""

    @property
    def ip_version(self) -> Literal[4, 6] | None:
        """This one only."""

    @property
    def http_version(self) -> Literal["1.1", "2"]:
        """To speak."""

    @property
    def max_body(self) -> int:
        """Bytes of the answer that are read."""


class Request(NamedTuple):
    """A request ready to be sent.

    Attributes:
        method, url, headers, body: its parts; Content-Length and Host are among the headers.
        wire: all of it as HTTP/1.1.
    """

    method: str
    url: Url
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wire: bytes


@lru_cache(maxsize=1_024)
def _same(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return equal headers as one object: thousands of checks ask the same servers."""
    return headers


def _request(method: str, url: Url, headers: tuple[tuple[str, str], ...], body: bytes) -> Request:
    lines = [f"{method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    wire = "\r\n".join(lines).encode("latin-1") + body
    return Request(method, url, _same(headers), body, wire)


def check_request(options: Asking) -> Url:
    """Return the URL of a request whose options fit together.

    Raises:
        ValueError: they do not.
    """
    try:
        url = parse_url(_text(options.url))
    except ValueError as error:
        raise ValueError(f"url: {error}") from None
    if options.proxy is not None:
        try:
            proxy = parse_url(_text(options.proxy), ("http", "https", "socks5", "socks5h"))
        except ValueError as error:
            raise ValueError(f"proxy: {error}") from None
        if proxy.target != "/":
            raise ValueError("proxy: host and port only, without a path")
    if url.username is not None and options.auth is not None:
        raise ValueError("there are credentials in the url and in auth: keep one of them")
    for name, value in options.headers.items():
        _check_header(name, _text(value))
    if options.auth is not None and any(name.lower() == "authorization" for name in options.headers):
        raise ValueError("there is an Authorization header beside auth: keep one of them")
    if not 0 <= options.max_redirects <= 50:
        raise ValueError("max_redirects goes from 0 to 50")
    return url


def _check_header(name: str, value: str) -> None:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name, re.ASCII):
        raise ValueError(f"{name!r} is not the name of a header")
    if name.lower() in ("content-length", "transfer-encoding", "connection"):
        raise ValueError(f"the header {name} is set by the probe itself")
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise ValueError(f"the header {name} has a line break or another control character in it")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"the header {name} has characters outside of ISO 8859-1") from None


class Plan:
    """What follows from the options of a check.

    Attributes:
        options: those of the check.
        url: taken apart.
        proxy: taken apart, None without one.
        through_client: whether the request needs the client library.
        authorized: whether credentials are sent.
        secrets: the texts that must never be shown, in the forms in which they travel.
    """

    __slots__ = ("_headers", "_request", "authorized", "options", "proxy", "secrets", "through_client", "url")

    def __init__(self, options: Asking) -> None:
        self.options = options
        self.url = parse_url(_text(options.url))
        self.proxy = (
            parse_url(_text(options.proxy), ("http", "https", "socks5", "socks5h"))
            if options.proxy is not None
            else None
        )
        digest = options.auth is not None and options.auth.type == "digest"
        self.through_client = self.proxy is not None or digest or options.http_version == "2"
        self.secrets = self._secrets()
        authorization = self._authorization()
        named = {name.lower() for name in options.headers}
        self.authorized = authorization is not None or digest or "authorization" in named
        headers: list[tuple[str, str]] = []
        if "user-agent" not in named:
            headers.append(("User-Agent", "slawatch"))
        if "accept" not in named:
            headers.append(("Accept", "*/*"))
        if authorization is not None:
            headers.append(("Authorization", authorization))
        if options.body_json is not None and "content-type" not in named:
            headers.append(("Content-Type", "application/json"))
        headers += [(name, _text(value)) for name, value in options.headers.items()]
        headers.append(("Connection", "close"))
        self._headers = _same(tuple(headers))
        self._request: Request | None = None

    def request(self, attempt: Attempt) -> Request:
        """Return the first request of a probe.

        Raises:
            OwnFault: the file with its body cannot be read.
        """
        if self._request is not None:
            return self._request
        path = self.options.body_file
        if path is None:
            self._request = self._made(self._body())
            return self._request
        attempt.doing = f"reading {path}"
        try:
            return self._made(Path(path).read_bytes())
        except OSError as error:
            raise OwnFault(
                f"cannot read body_file {path}: {(error.strerror or str(error)).lower()}"
            ) from None

    def _made(self, body: bytes) -> Request:
        method = self.options.method
        headers = self._headers
        if not any(name.lower() == "host" for name, _ in headers):
            headers = (("Host", self.url.authority), *headers)
        if body or method in _SENT_WITH_BODY:
            headers = (*headers, ("Content-Length", str(len(body))))
        return _request(method, self.url, headers, body)

    def _body(self) -> bytes:
        options = self.options
        if options.body is not None:
            return _text(options.body).encode()
        if options.body_json is not None:
            return json.dumps(options.body_json, ensure_ascii=False).encode()
        return b""

    def redirect(self, request: Request, target: Url, status: int) -> Request:
        """Return the request that follows a redirect (RFC 9110, section 15.4)."""
        method, body, headers = request.method, request.body, list(request.headers)
        if (status in (301, 302) and method == "POST") or (status == 303 and method != "HEAD"):
            method, body = "GET", b""
            headers = [(n, v) for n, v in headers if n.lower() not in ("content-length", "content-type")]
        if target.origin != request.url.origin:
            secret = {n.lower() for n, v in self.options.headers.items() if isinstance(v, Secret)}
            headers = [(n, v) for n, v in headers if n.lower() not in _STAY_HOME | secret]
        headers = [(n, v) for n, v in headers if n.lower() != "host"]
        headers.insert(0, ("Host", target.authority))
        return _request(method, target, tuple(headers), body)

    def title(self, request: Request) -> str:
        """Return what the transcript says of a request."""
        size = f", {len(request.body)} bytes" if request.body else ""
        return f"{request.method} {self.clean(request.url.shown)}{size}"

    def _authorization(self) -> str | None:
        auth, url = self.options.auth, self.url
        if auth is not None and auth.type == "bearer" and auth.token is not None:
            return f"Bearer {auth.token.value}"
        if auth is not None and auth.type == "basic" and auth.password is not None:
            return _basic(auth.username or "", auth.password.value)
        if url.username is not None:
            return _basic(url.username, url.password or "")
        return None

    def _secrets(self) -> tuple[str, ...]:
        options = self.options
        found: set[str] = set()
        for value in (options.url, options.proxy, options.body, *options.headers.values()):
            if isinstance(value, Secret):
                found.add(value.value)
        if isinstance(options.url, Secret):
            found.update((self.url.target, self.url.text))
        for url in (self.url, self.proxy):
            if url is not None and url.password:
                found.update((url.password, _basic(url.username or "", url.password)[6:]))
        auth = options.auth
        if auth is not None:
            if auth.password is not None:
                found.update((auth.password.value, _basic(auth.username or "", auth.password.value)[6:]))
            if auth.token is not None:
                found.add(auth.token.value)
        # A server sees a header without the blanks around it.
        found |= {text.strip() for text in found}
        for text in tuple(found):
            found.update((json.dumps(text)[1:-1], quote(text, safe=""), quote(text), repr(text)[1:-1]))
        return tuple(sorted(found - {"", "/"}, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """Return a text with the secrets in it struck out."""
        for secret in self.secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def cleaned(self, answer: Answer) -> Answer:
        """Return an answer, unpacked, with the secrets that it repeats struck out."""

        def struck(data: bytes) -> bytes:
            for secret in self.secrets:
                data = data.replace(secret.encode(), b"***")
                if not secret.isascii():
                    with suppress(UnicodeEncodeError):
                        data = data.replace(secret.encode("latin-1"), b"***")
            return data

        body, cut = decoded(answer, self.options.max_body)
        headers = [(name, struck(value)) for name, value in answer.headers if name != b"content-encoding"]
        return answer._replace(headers=headers, body=struck(body), cut=cut)


def _text(value: str | Secret) -> str:
    return value.value if isinstance(value, Secret) else value


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


_plans: dict[str, Plan] = {}


def plan_of(options: Asking, check: str | None) -> Plan:
    """Return the plan of a check, made again only when its options are others."""
    if check is None:
        return Plan(options)
    plan = _plans.get(check)
    if plan is None or plan.options is not options:
        plan = _plans[check] = Plan(options)
    return plan
