"""An OpenID provider on a port of this machine, which does as it is told, also wrong."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import h11
import trio
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "slawatch", "s3cret/%+ of more than a few bytes"


@dataclass
class Provider:
    """What it does.

    Attributes:
        claims: of whoever signs in, over what is right.
        answers: what it answers instead, by path: a status and an object.
        algorithm: it signs with.
        codes: those that it gave, with what they were asked for.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    seconds: int = 0
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    id_token: str = ""

    def visit(self, address: str) -> dict[str, str]:
        """Sign somebody in who was sent to this address; return the query they are sent back with."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        self.requests.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
                **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}),
                **self.described,
            }
        if path == "/keys":
            return 200, KeySet([self.key]).as_dict(private=False)
        if path == "/userinfo":
            assert headers["authorization"] == "Bearer access"
            return 200, self.userinfo
        if (method, path) == ("POST", "/token"):
            return self._token(headers, {k: v[0] for k, v in parse_qs(body.decode()).items()})
        return 404, {"error": "not_found"}

    def _token(self, headers: dict[str, str], fields: dict[str, str]) -> tuple[int, Any]:
        from urllib.parse import quote_plus

        expected = base64.b64encode(f"{CLIENT}:{quote_plus(SECRET)}".encode()).decode()
        if headers.get("authorization") != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(fields["code"], None)
        if asked is None or fields["grant_type"] != "authorization_code":
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest())
        if challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if fields["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "u-1", "nonce": asked["nonce"], "iat": self.seconds,
            "exp": self.seconds + 300, "email": "erin@example.com", "email_verified": True, "groups": ["sre"],
            **self.claims,
        }  # fmt: skip
        claims = {key: value for key, value in claims.items() if value is not None}
        signed = self.id_token or jwt.encode(
            {"alg": self.algorithm, "kid": "one"}, claims, self.key, algorithms=[self.algorithm]
        )
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": signed}


def curve() -> ECKey:
    """Return a key of another kind under the same name."""
    return ECKey.generate_key("P-256", {"kid": "one"})


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """Run a provider."""
    found = Provider()

    async def converse(stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        body, request = b"", None
        async with stream:
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(bytes(await stream.receive_some(65536)))
                elif isinstance(event, h11.Request):
                    request = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    break
                else:
                    return
            assert request is not None
            headers = {k.decode().lower(): v.decode() for k, v in request.headers}
            status, said = found.answer(
                request.method.decode(), urlsplit(request.target.decode()).path, headers, body
            )
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            head = h11.Response(
                status_code=status, headers=[("Content-Length", str(len(text))), ("Connection", "close")]
            )
            for part in (head, h11.Data(data=text), h11.EndOfMessage()):
                await stream.send_all(connection.send(part) or b"")

    async with trio.open_nursery() as nursery:
        (listener, *_) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        found.issuer = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.start_soon(trio.serve_listeners, converse, [listener])
        yield found
        nursery.cancel_scope.cancel()
