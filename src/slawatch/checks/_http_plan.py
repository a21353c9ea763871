"""What a check asks for, worked out once: the bytes of its request, the secrets that must not come out."""

import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from slawatch.checks._attempt import Attempt
from slawatch.checks._failure import OwnFault
from slawatch.checks._http_expect import Answer, decoded
from slawatch.checks._http_url import Url, parse_url
from slawatch.core.text import Secret

if TYPE_CHECKING:
    from slawatch.checks.http import Options

_SENT_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
_STAY_HOME: Final = frozenset(("authorization", "cookie", "proxy-authorization"))


class Request(NamedTuple):
    """A request ready to be sent.

    Attributes:
        method, url, headers, body: its parts; Content-Length and Host are among the headers.
        wire: all of it as HTTP/1.1.
        title: what the transcript says of it.
    """

    method: str
    url: Url
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wire: bytes
    title: str


def _request(method: str, url: Url, headers: tuple[tuple[str, str], ...], body: bytes, shown: str) -> Request:
    lines = [f"{method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    wire = "\r\n".join(lines).encode("latin-1") + body
    size = f", {len(body)} bytes" if body else ""
    return Request(method, url, headers, body, wire, f"{method} {shown}{size}")


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

    def __init__(self, options: "Options") -> None:
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
        self._headers = tuple(headers)
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
        return _request(method, self.url, headers, body, self.clean(self.url.shown))

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
        return _request(method, target, tuple(headers), body, self.clean(target.shown))

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


def plan_of(options: "Options", check: str | None) -> Plan:
    """Return the plan of a check, made again only when its options are others."""
    if check is None:
        return Plan(options)
    plan = _plans.get(check)
    if plan is None or plan.options is not options:
        plan = _plans[check] = Plan(options)
    return plan
