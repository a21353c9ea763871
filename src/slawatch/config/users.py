"""`[users]`, and whether who may reach the daemon agrees with where it listens."""

import os
import re
from importlib.util import find_spec
from typing import Final

from slawatch.config.model import Config
from slawatch.config.partial import judging
from slawatch.config.problem import KeyPath, quoted
from slawatch.config.promises import known_name
from slawatch.config.reading import Reader
from slawatch.config.tables import read_named
from slawatch.core.access import Organizations, User

_HASH: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,172}",
    re.ASCII,
)
_NOBODY: Final = 'nobody could do anything: add { group = "*", role = "viewer" }'
_LOCAL: Final = "local"
_IS_LOCAL: Final = (
    "so slawatch calls whoever comes by way of loopback where nobody needs to sign in: choose another name"
)
_LEAST_MEMORY: Final = 7 * 1024
_MOST_MEMORY: Final = 1024 * 1024
"""KiB: below, a stolen hash is too cheap to guess; above, one login takes too much of the machine."""


def read_users(reader: Reader) -> dict[str, User]:
    """Return the users by name."""
    return read_named(reader, "users", User, "name")


def signs_in(config: Config) -> bool:
    """Say whether anybody can sign in: by password, provider or proxy."""
    web = config.web
    return (
        bool(config.users) or web.oidc is not None or (web.proxy is not None and web.proxy.user is not None)
    )


def needs_login(config: Config) -> bool:
    """Say whether one must sign in, or bring a token, to be shown anything."""
    web = config.web
    if web.login is not None:
        return web.login
    return signs_in(config) or (web.listen is not None and not web.listen.loopback)


def review_access(reader: Reader, config: Config) -> None:
    """Note users that cannot be meant, and a daemon that would let everybody in, or nobody."""
    for section, table in (("people", config.people), ("users", config.users)):
        with judging:
            if _LOCAL in table:
                reader.problem((section, _LOCAL), _IS_LOCAL)
    for user in config.users.values():
        path = ("users", user.name)
        with judging:
            _organizations(reader, config, (*path, "organizations"), user.organizations)
        with judging:
            if user.person:
                known_name(reader, (*path, "person"), "person", user.person, config.people)
        with judging:
            known = not user.person or user.person in config.people
            if user.name in config.people and known and user.person != user.name:
                reader.problem(
                    path,
                    f"[people.{user.name}] has the same name, and what the two do could not be told apart: "
                    f'if they are the same, add person = "{user.name}", else name the user otherwise',
                )
        with judging:
            if user.password is not None and (wrong := password_fault(user.password.value)):
                reader.problem((*path, "password"), wrong)
    _externals(reader, config)
    for section in ("oidc", "proxy"):
        with judging:
            table = getattr(config.web, section)
            for number, grant in enumerate(table.grants if table else ()):
                with judging:
                    where = ("web", section, "grants", number, "organizations")
                    _organizations(reader, config, where, grant.organizations)
    for judge in (_unlocked, _unencrypted, _provider, _proxy, _certificate):
        with judging:
            judge(reader, config)


def password_fault(found: str) -> str:
    """Return what is wrong with the hash of a password; empty where nothing is. The text is never shown."""
    match = _HASH.fullmatch(found)
    if match is None:
        return "this is no hash of a password: `slawatch password` makes one, which begins with $argon2id$"
    if not _LEAST_MEMORY <= int(match[1]) <= _MOST_MEMORY or not 1 <= int(match[2]) <= 100:
        return "this hash is too cheap or too costly to check: make one with `slawatch password`"
    return ""


def _organizations(reader: Reader, config: Config, path: KeyPath, found: Organizations) -> None:
    if found == "all":
        return
    if not found:
        reader.problem(path, 'nobody sees anything with no organization: name some, or write "all"')
    for number, key in enumerate(found):
        known_name(reader, (*path, number), "organization", key, config.organizations)


def _externals(reader: Reader, config: Config) -> None:
    seen: dict[str, str] = {}
    for user in config.users.values():
        with judging:
            known = user.external.casefold()
            if known and known in seen:
                message = f"[users.{seen[known]}] has the same: a provider could not tell them apart"
                reader.problem(("users", user.name, "external"), message)
            seen.setdefault(known, user.name)


def _unlocked(reader: Reader, config: Config) -> None:
    """Note a daemon on the network that lets everybody in, or nobody."""
    listen = config.web.listen
    if listen is None or listen.loopback:
        return
    if config.web.login is False:
        reader.problem(
            ("web", "login"),
            f"everybody who reaches {listen} would be let in; listen on 127.0.0.1, or remove login = false",
        )
    elif config.web.login is None and not signs_in(config):
        reader.problem(
            ("web", "listen"),
            f"{listen} can be reached from other machines, and nobody could sign in: add [users.NAME] with a "
            "hash from `slawatch password`, or login = true and use tokens, or listen on 127.0.0.1",
        )


def _unencrypted(reader: Reader, config: Config) -> None:
    listen = config.web.listen
    if listen is not None and not listen.loopback and config.web.tls is None and config.web.proxy is None:
        reader.warn(
            ("web", "listen"),
            "passwords and tokens would travel unencrypted: add tls = { certificate, key }, or listen on "
            "127.0.0.1 behind a proxy",
        )


def _provider(reader: Reader, config: Config) -> None:
    oidc = config.web.oidc
    if oidc is None:
        return
    with judging:
        if not config.web.public_url:
            message = "public_url is needed: the provider sends people back to /login/oidc below it"
            reader.problem(("web", "oidc"), message)
    with judging:
        if not oidc.grants and not any(_is_external(config, name) for name in config.users):
            reader.problem(("web", "oidc", "grants"), _NOBODY)
    if find_spec("joserfc") is None:
        reader.problem(("web", "oidc"), "this needs the extra: pip install 'slawatch[oidc]'")


def _proxy(reader: Reader, config: Config) -> None:
    proxy = config.web.proxy
    if proxy is None:
        return
    path = ("web", "proxy")
    if proxy.user is None:
        for key in ("groups", "grants"):
            with judging:
                if getattr(proxy, key):
                    reader.problem((*path, key), "without `user` the proxy signs nobody in")
        return
    with judging:
        if not proxy.grants and not any(_is_external(config, name) for name in config.users):
            reader.problem((*path, "grants"), _NOBODY)
    for number, network in enumerate(proxy.addresses):
        with judging:
            if network.is_loopback and proxy.secret is None:
                reader.warn(
                    (*path, "addresses", number),
                    "every program on this machine could speak for the proxy: add `secret`, which it sends "
                    "as X-Slawatch-Secret",
                )


def _is_external(config: Config, name: str) -> bool:
    user = config.users[name]
    return bool(user.external) or user.password is None


def _certificate(reader: Reader, config: Config) -> None:
    tls = config.web.tls
    if tls is None or not reader.reads_files:
        return
    absent = 0
    for key in ("certificate", "key"):
        with judging:
            file = getattr(tls, key)
            if not os.path.isfile(file) or not os.access(file, os.R_OK):  # noqa: PTH113 (a text)
                reader.problem(("web", "tls", key), f"{quoted(file)} is no file that can be read")
                absent += 1
    if absent:
        return
    import ssl

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        said = getattr(error, "reason", None) or "it is none"
        reader.problem(
            ("web", "tls"),
            f"certificate and key are no pair that can be used: {str(said).replace('_', ' ').lower()}",
        )
