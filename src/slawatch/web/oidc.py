"""Signing in by OpenID Connect: authorization code with PKCE, state and nonce; the ID token is verified.

Source: OpenID Connect Core 1.0 (2023), sections 3.1.2 and 3.1.3; RFC 7636 (PKCE); RFC 9207 (`iss`).
"""

import base64
import hashlib
import hmac
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

import trio

from slawatch.clock import Clock
from slawatch.config.model import Config
from slawatch.config.web import Oidc as Settings
from slawatch.core.credential import digest
from slawatch.core.instant import HOUR, MINUTE, SECOND, Instant, Micros

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger("slawatch.web")

RETURN: Final = "/login/oidc"
"""The path below `public_url` to which the provider sends people back."""
_PENDING: Final = 1_000
"""So many may be on their way at once; the oldest are forgotten."""
_PATIENCE: Final[Micros] = 10 * MINUTE
_DESCRIPTION_HOLDS: Final[Micros] = HOUR
_KEYS_AGAIN: Final[Micros] = MINUTE
_LEEWAY: Final = 60
_SECONDS: Final = 10.0
_LARGEST: Final = 1 << 20
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip


class ProviderRefused(Exception):  # noqa: N818 (an answer, mostly)
    """The provider signed nobody in, or not in a way that can be believed; the text says why."""


class Found(NamedTuple):
    """Whom the provider signed in.

    Attributes:
        name: as the claim of the configuration has it.
        groups: of which they are a member.
        target: where they wanted to go.
    """

    name: str
    groups: tuple[str, ...]
    target: str


class _Pending(NamedTuple):
    """Somebody who is at the provider now."""

    cookie: str
    nonce: str
    verifier: str
    target: str
    until: Instant


class Oidc:
    """Sends people to the provider and takes them back; what is pending is kept in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._asking = trio.Lock()
        self._described: tuple[str, Instant, Mapping[str, Any]] | None = None
        self._keys: tuple[str, Instant, Any] | None = None

    async def leave(self, config: Config, cookie: str, target: str) -> str:
        """Return the provider's address to go to.

        Args:
            config: with `[web.oidc]`.
            cookie: which the same browser must bring back.
            target: where to go afterwards.

        Raises:
            ProviderRefused: the provider cannot be reached, or does not describe itself.
        """
        settings = _settings(config)
        described = await self._description(settings)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        now = self._clock.now()
        self._pending[digest(state)] = _Pending(digest(cookie), nonce, verifier, target, now + _PATIENCE)
        while len(self._pending) > _PENDING:
            self._pending.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code", "client_id": settings.client_id, "scope": " ".join(settings.scopes),
            "redirect_uri": _return_to(config), "state": state, "nonce": nonce,
            "code_challenge": challenge.decode(), "code_challenge_method": "S256",
        }  # fmt: skip
        endpoint = _endpoint(described, "authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def back(self, config: Config, cookie: str, query: Mapping[str, str]) -> Found:
        """Return whom the provider signed in.

        Args:
            config: with `[web.oidc]`.
            cookie: what the browser brought back.
            query: of the address that the provider sent it to.

        Raises:
            ProviderRefused: nobody, or it cannot be believed.
        """
        settings = _settings(config)
        pending = self._pending.pop(digest(query.get("state", "")), None)
        now = self._clock.now()
        if pending is None or now >= pending.until:
            raise ProviderRefused("this way in is not open any more: begin at the login page again")
        if not cookie or not hmac.compare_digest(digest(cookie), pending.cookie):
            raise ProviderRefused("this was begun in another browser: begin at the login page again")
        if query.get("iss", settings.issuer) != settings.issuer:
            raise ProviderRefused("another provider answered than the one that was asked")
        if "error" in query:
            raise ProviderRefused(f"the provider refused: {_word(query['error'])}")
        if not query.get("code"):
            raise ProviderRefused("the provider sent no code")
        described = await self._description(settings)
        answer = await self._redeem(config, settings, described, query["code"], pending.verifier)
        claims = await self._verified(settings, described, str(answer.get("id_token", "")), pending.nonce)
        if settings.user not in claims or settings.groups not in claims:
            claims = {**await self._more(described, answer, claims), **claims}
        return Found(_name(claims, settings), _groups(claims, settings), pending.target)

    async def _description(self, settings: Settings) -> Mapping[str, Any]:
        """Return how the provider describes itself."""
        async with self._asking:
            now = self._clock.now()
            if self._described is not None:
                issuer, at, found = self._described
                if issuer == settings.issuer and 0 <= now - at < _DESCRIPTION_HOLDS:
                    return found
            address = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            described = await _json("GET", address)
            if described.get("issuer") != settings.issuer:
                raise ProviderRefused(
                    f"what describes itself at {address} is another issuer than web.oidc.issuer says"
                )
            self._described = settings.issuer, now, described
            return described

    async def _redeem(
        self, config: Config, settings: Settings, described: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        """Return the tokens for a code."""
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": _return_to(config),
            "code_verifier": verifier,
        }  # fmt: skip
        auth = None
        methods = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if settings.client_secret is None:
            fields["client_id"] = settings.client_id
        elif "client_secret_basic" in methods:
            auth = (settings.client_id, settings.client_secret.value)
        else:
            fields |= {"client_id": settings.client_id, "client_secret": settings.client_secret.value}
        return await _json("POST", _endpoint(described, "token_endpoint"), fields=fields, auth=auth)

    async def _verified(
        self, settings: Settings, described: Mapping[str, Any], token: str, nonce: str
    ) -> dict[str, Any]:
        """Return the claims of an ID token that this provider made for us, for this login, just now."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [name for name in _ALGORITHMS if name in offered]
        seconds = self._clock.now() // SECOND
        needed: Mapping[str, Any] = {"exp": {}, "iat": {}, "sub": {}} | {
            "iss": {"value": settings.issuer},
            "aud": {"value": settings.client_id},
            "nonce": {"value": nonce},
        }
        rules: dict[str, Any] = {name: {"essential": True, **rule} for name, rule in needed.items()}
        registry = JWTClaimsRegistry(now=seconds, leeway=_LEEWAY, **rules)
        failure: Exception | None = None
        for fresh in (False, True):
            keys = await self._key_set(settings, described, fresh=fresh)
            try:
                claims = dict(jwt.decode(token, keys, algorithms=algorithms).claims)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                # The provider may have changed its keys since they were read.
                failure = error
                continue
            try:
                registry.validate(claims)
            except JoseError as error:
                raise ProviderRefused(f"the provider's ID token is not for this login: {error}") from None
            if (
                isinstance(claims["aud"], list)
                and len(claims["aud"]) > 1
                and claims.get("azp") != settings.client_id
            ):
                raise ProviderRefused("the provider's ID token is for another application too")
            return claims
        _log.warning("an ID token of %s is not believed: %s", settings.issuer, failure)
        raise ProviderRefused("the provider's ID token cannot be verified")

    async def _key_set(self, settings: Settings, described: Mapping[str, Any], *, fresh: bool) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        async with self._asking:
            now = self._clock.now()
            if self._keys is not None:
                issuer, at, found = self._keys
                if issuer == settings.issuer and (not fresh or 0 <= now - at < _KEYS_AGAIN):
                    return found
            document = await _json("GET", _endpoint(described, "jwks_uri"))
            try:
                keys = KeySet.import_key_set(document)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderRefused(f"the provider's keys cannot be read: {type(error).__name__}") from None
            self._keys = settings.issuer, now, keys
            return keys

    async def _more(
        self, described: Mapping[str, Any], answer: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return what the provider says of somebody besides the ID token, where it says any more."""
        if not described.get("userinfo_endpoint") or not answer.get("access_token"):
            return {}
        found = await _json(
            "GET", _endpoint(described, "userinfo_endpoint"), bearer=str(answer["access_token"])
        )
        if found.get("sub") != claims["sub"]:
            raise ProviderRefused("the provider told of somebody else than it signed in")
        return found


def _settings(config: Config) -> Settings:
    if config.web.oidc is None:
        raise ProviderRefused("no provider is configured any more")
    return config.web.oidc


def _return_to(config: Config) -> str:
    return config.web.public_url + RETURN


def _endpoint(described: Mapping[str, Any], name: str) -> str:
    found = described.get(name)
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise ProviderRefused(f"the provider's description has no {name}")
    return found


async def _json(
    method: str,
    address: str,
    *,
    fields: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    bearer: str = "",
) -> Mapping[str, Any]:
    """Return the JSON object that an address of the provider answers with."""
    import httpx

    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    basic = None if auth is None else httpx.BasicAuth(*(_quoted(part) for part in auth))
    what = f"the provider at {httpx.URL(address).host}"
    try:
        with trio.fail_after(_SECONDS):
            async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client:
                answer = await client.request(method, address, data=fields, headers=headers, auth=basic)
        return _object(answer, what)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, trio.TooSlowError) as error:
        _log.warning("%s cannot be asked: %s: %s", what, type(error).__name__, error)
        raise ProviderRefused(f"{what} cannot be reached; slawatch's log says more") from None


def _object(answer: "httpx.Response", what: str) -> Mapping[str, Any]:
    try:
        found = answer.json() if len(answer.content) <= _LARGEST else None
    except ValueError:
        found = None
    if answer.status_code != 200:
        said = found.get("error") if isinstance(found, dict) else None
        raise ProviderRefused(f"{what} answered {answer.status_code}{f': {_word(said)}' if said else ''}")
    if not isinstance(found, dict):
        raise ProviderRefused(f"{what} answered with something that is no JSON object")
    return found


def _quoted(text: str) -> str:
    """Return a part of HTTP basic authentication as RFC 6749, section 2.3.1, wants it."""
    from urllib.parse import quote_plus

    return quote_plus(text)


def _word(said: object) -> str:
    """Return an error code of OAuth 2; whatever else was sent is not shown."""
    text = str(said)
    return text if len(text) <= 60 and text.replace("_", "").isalnum() and text.isascii() else "an error"


def _name(claims: Mapping[str, Any], settings: Settings) -> str:
    found = claims.get(settings.user)
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise ProviderRefused(f"the provider did not say who it is: there is no claim {settings.user!r}")
    if settings.user == "email" and claims.get("email_verified") not in (True, "true"):
        raise ProviderRefused("the provider has not verified this mail address")
    return found.strip()


def _groups(claims: Mapping[str, Any], settings: Settings) -> tuple[str, ...]:
    found = claims.get(settings.groups, ())
    if isinstance(found, str):
        found = [found]
    return (
        tuple(one for one in found if isinstance(one, str))[:1_000] if isinstance(found, list | tuple) else ()
    )
