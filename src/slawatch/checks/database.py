"""Asks a database: a real connection, a login, a query, and the answer that it should give."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from slawatch.checks import _postgresql, _redis
from slawatch.checks._address import parse_host
from slawatch.checks._attempt import Attempt
from slawatch.checks._database import Answer, Target
from slawatch.checks._expected import Expectation, Expected
from slawatch.checks._failure import Failure, OwnFault
from slawatch.checks._tls import TlsSettings, context
from slawatch.clock import steady
from slawatch.core.instant import SECOND, Micros
from slawatch.core.sample import Cause, Measure, Observation, Outcome
from slawatch.core.text import Duration, Secret, format_duration

Engine = Literal["postgresql", "mysql", "redis"]


class _Scheme(NamedTuple):
    """What the first part of a URL says."""

    engine: Engine
    tls: bool = False


_SCHEMES: Final[dict[str, _Scheme]] = {
    "postgresql": _Scheme("postgresql"),
    "postgres": _Scheme("postgresql"),
    "mysql": _Scheme("mysql"),
    "mariadb": _Scheme("mysql"),
    "redis": _Scheme("redis"),
    "rediss": _Scheme("redis", tls=True),
}
_PORTS: Final[dict[Engine, int]] = {"postgresql": 5432, "mysql": 3306, "redis": 6379}
_QUERIES: Final[dict[Engine, str]] = {"postgresql": "SELECT 1", "mysql": "SELECT 1", "redis": "PING"}
_URL_EXAMPLE: Final = "postgresql://user:password@host:5432/database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Connects to a PostgreSQL, MySQL, MariaDB or Redis server, logs in, and looks at the answer to a query.

    Down when the server cannot be reached, refuses the login, answers with an error, or with another value
    than expected. The phases: `connect` to the end of the login, `tls` (part of `connect` for MySQL), and
    `first_byte` from the query to its first row; the latency is all of them. A number in the first column
    becomes the measure `value`. Log in as a user of the check's own, who may do nothing but this query.
    MySQL and MariaDB need `pip install "slawatch[mysql]"`.

    Attributes:
        url: where it is, in one: `postgresql://user:password@host:5432/database` (or mysql, mariadb, redis,
            rediss); instead of engine, host, port, user and database. With a password in it, take it
            from `{ env = "NAME" }`.
        engine: `postgresql`, `mysql` (MariaDB too) or `redis` (Valkey too).
        host: name or address, or the path of a unix socket, which starts with a slash; for PostgreSQL
            its folder is enough.
        port: 5432, 3306 or 6379 by default.
        user: whom to log in as; needed for PostgreSQL and MySQL.
        password: that user's password.
        database: its name, for Redis its number; the server's default when absent.
        tls: `true`, or a table of settings, for an encrypted connection; it is then demanded, not just
            preferred.
        query: SQL, or a Redis command; `SELECT 1` or `PING` by default.
        expect: what the first column of the first row, or Redis's reply, should be: a value (`"1"`), a
            comparison (`"< 10"`), or a regular expression between slashes (`"/^role:master/"`).
        degraded_over: a right answer that takes longer is degraded.
    """

    url: Secret | None = None
    engine: Engine | None = None
    host: str = ""
    port: int | None = None
    user: str = ""
    password: Secret | None = None
    database: str = ""
    tls: bool | TlsSettings = False
    query: str = ""
    expect: Expectation | None = None
    degraded_over: Duration | None = None

    def __post_init__(self) -> None:
        """Refuse what no server could be asked with."""
        target = _target(self)
        engine, asked = target
        if engine in ("postgresql", "mysql") and not asked.user:
            raise ValueError(f"a {engine} check needs a user to log in as")
        if not 1 <= asked.port <= 65535:
            raise ValueError(f"port: there is no port {asked.port}; ports go from 1 to 65535")
        if engine == "redis":
            _redis.words(asked.query)
            if asked.database and not asked.database.isdigit():
                raise ValueError(f"a Redis database is a number, not {asked.database!r}")
            if asked.user and asked.password is None:
                raise ValueError("a Redis user needs a password")
        texts = (asked.host, asked.user, asked.database, asked.query, asked.password or "")
        if any("\0" in text for text in texts):
            raise ValueError("host, user, password, database and query cannot contain a NUL character")


def _target(options: Options) -> tuple[Engine, Target]:
    """Return what the options name, defaults filled in.

    Raises:
        ValueError: they name no database; no part of a URL is repeated in the message.
    """
    if options.url is not None:
        return _from_url(options)
    if options.engine is None or not options.host:
        raise ValueError(f'say where the database is: engine and host, or url = "{_URL_EXAMPLE}"')
    engine = options.engine
    port = options.port if options.port is not None else _PORTS[engine]
    return engine, Target(
        host=_host(engine, options.host, port),
        port=port,
        user=options.user,
        password=options.password.value if options.password is not None else None,
        database=options.database,
        tls=_tls(options.tls),
        query=options.query or _QUERIES[engine],
    )


def _from_url(options: Options) -> tuple[Engine, Target]:
    keys = ("engine", "host", "port", "user", "database")
    beside = [key for key in keys if getattr(options, key) not in (None, "")]
    if beside:
        raise ValueError(f"{', '.join(beside)} cannot stand beside url, which says it already")
    assert options.url is not None
    try:
        parts = urlsplit(options.url.value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"the url ({options.url.source}) cannot be read; write {_URL_EXAMPLE}") from None
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None or not host:
        known = ", ".join(sorted(_SCHEMES))
        raise ValueError(f"the url ({options.url.source}) needs a host, and one of the schemes {known}")
    if options.password is not None and parts.password is not None:
        raise ValueError("there is a password in url and one beside it")
    password = unquote(parts.password) if parts.password is not None else None
    if options.password is not None:
        password = options.password.value
    tls: bool | TlsSettings = options.tls or scheme.tls
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        tls = _from_parameter(name, value, tls)
    port = port if port is not None else _PORTS[scheme.engine]
    return scheme.engine, Target(
        host=_host(scheme.engine, unquote(host), port),
        port=port,
        user=unquote(parts.username or ""),
        password=password,
        database=unquote(parts.path.removeprefix("/")),
        tls=_tls(tls),
        query=options.query or _QUERIES[scheme.engine],
    )


def _host(engine: Engine, text: str, port: int) -> str:
    """Return the host to connect to, or the path of the socket."""
    if not text.startswith("/"):
        return parse_host(text)
    if engine == "postgresql" and ".s.PGSQL." not in text:
        return f"{text.rstrip('/')}/.s.PGSQL.{port}"
    return text


def _from_parameter(name: str, value: str, tls: bool | TlsSettings) -> bool | TlsSettings:
    """Return the TLS settings that a parameter of a URL asks for."""
    if name != "sslmode":
        raise ValueError(f"the url's parameter {name} is not known here: remove it, use the check's keys")
    if value == "disable":
        return False
    if value == "require":
        return tls or TlsSettings(verify=False)
    if value == "verify-full":
        return tls or True
    raise ValueError("the url's sslmode can be disable, require or verify-full; the key tls can do more")


def _tls(tls: bool | TlsSettings) -> TlsSettings | None:
    if isinstance(tls, TlsSettings):
        return tls
    return TlsSettings() if tls else None


def prepare(options: Options) -> None:
    """Import the driver and read the authorities beforehand: it would stall other probes at the first one."""
    engine, target = _target(options)
    try:
        if engine == "mysql":
            _mysql()
        if target.tls is not None:
            context(target.tls)
    except OwnFault:
        return  # Each probe says so itself.


async def probe(options: Options, attempt: Attempt) -> Observation:
    """Ask the database once."""
    engine, target = _target(options)
    try:
        answer = await _ask(engine, target, attempt)
    except Failure as failure:
        attempt.note(failure.reason)
        return failure.observation()
    return _judge(options, answer, steady() - attempt.started, attempt)


async def _ask(engine: Engine, target: Target, attempt: Attempt) -> Answer:
    if engine == "postgresql":
        return await _postgresql.ask(target, attempt)
    if engine == "redis":
        return await _redis.ask(target, attempt)
    answer: Answer = await _mysql().ask(target, attempt)
    return answer


def _mysql() -> ModuleType:
    """Return the module that asks MySQL, which imports the driver.

    Raises:
        OwnFault: the driver is not installed.
    """
    try:
        return import_module("slawatch.checks._mysql")
    except ImportError as error:
        if error.name is None or not error.name.startswith("pymysql"):
            raise
        raise OwnFault('the driver for MySQL is not installed: pip install "slawatch[mysql]"') from error


def _judge(options: Options, answer: Answer, latency: Micros, attempt: Attempt) -> Observation:
    measures = _measures(answer)
    if options.expect is not None:
        wrong = _wrong(options.expect, answer)
        if wrong is not None:
            attempt.note(wrong)
            return Observation(Outcome.DOWN, Cause.CONTENT, wrong, latency, measures)
        attempt.note(f"the value is as expected: {options.expect}")
    if options.degraded_over is not None and latency > options.degraded_over:
        slow = f"took {latency / SECOND:.3f} s, longer than {format_duration(options.degraded_over)}"
        attempt.note(slow)
        return Observation(Outcome.DEGRADED, Cause.SLOW, slow, latency, measures)
    return Observation(Outcome.UP, latency=latency, measures=measures)


def _wrong(expected: Expected, answer: Answer) -> str | None:
    """Return what is wrong with an answer, None when it is as expected."""
    if not answer.rows:
        return f"the query returned no row, expected {expected}"
    if expected.met(answer.value):
        return None
    found = "NULL" if answer.value is None else repr(answer.value[:100])
    return f"the value is {found}, expected {expected}"


def _measures(answer: Answer) -> tuple[Measure, ...]:
    if answer.value is None or len(answer.value) > 40:
        return ()
    try:
        value = float(answer.value)
    except ValueError:
        return ()
    return (Measure("value", value),) if value - value == 0 else ()
