"""Names to addresses: one shared resolver for all probes, with a cache and one query for all who ask at once.

The system's own resolver is no choice: it blocks a thread for each name, so a thousand hanging names stop all
others. Here a name that hangs costs its own probe only. Sources: RFC 1035, RFC 2308, RFC 6761 (localhost),
resolv.conf(5), hosts(5).
"""

import os
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import trio

from slawatch.checks._dns_files import (
    Hosts,
    Server,
    Settings,
    address_version,
    is_address,
    read_hosts,
    read_settings,
    stamp,
)
from slawatch.checks._failure import Failure, OwnFault, own_fault, words
from slawatch.clock import steady
from slawatch.core.instant import HOUR, MILLISECOND, MINUTE, SECOND, Micros
from slawatch.core.sample import Cause

if TYPE_CHECKING:
    import dns.name

    from slawatch.checks._dns_query import Answer

LONGEST_KEPT: Final[Micros] = HOUR
"""An answer is asked for again after this, whatever its time to live."""

FAILURE_KEPT: Final[Micros] = 500 * MILLISECOND
"""A failure answers those who ask at the same time, but never the repetition by which a check confirms it."""

PATIENCE: Final[Micros] = 5 * SECOND
"""The longest that a name is asked for, where the probe allows as much."""

_FILES_KEPT: Final[Micros] = 5 * SECOND
_CONTROL_KEPT: Final[Micros] = 10 * SECOND
_FIRST_KEPT: Final[Micros] = MINUTE
_SHORTEST_WAIT: Final = 0.1
_CACHED_AT_MOST: Final = 20_000
_LOOPBACK: Final = ("127.0.0.1", "::1")


class _Kept(NamedTuple):
    until: Micros
    addresses: tuple[str, ...]
    failure: Failure | None


class _Flight:
    """A query under way: who asks for the same name waits for it."""

    __slots__ = ("landed", "result")

    def __init__(self) -> None:
        self.landed = trio.Event()
        self.result: _Kept | None = None


class Resolver:
    """Finds the addresses of names: IP literals, the hosts file, a cache, the name servers; in this order.

    It starts no task: who asks first for a name makes the query, the others wait for it, and when the first
    is cancelled the next one takes over. To be used from one trio run only.

    Attributes:
        queries: how many names were asked for over the network, for metrics.
    """

    def __init__(
        self,
        *,
        servers: tuple[Server, ...] | None = None,
        search: tuple[str, ...] | None = None,
        hosts: Path = Path("/etc/hosts"),
        resolv_conf: Path = Path("/etc/resolv.conf"),
        timeout: float | None = None,
        attempts: int | None = None,
    ) -> None:
        """Make a resolver.

        Args:
            servers: whom to ask; None for those of `resolv_conf`.
            search: domains to try short names under; None for those of `resolv_conf`.
            hosts: a file of names in the form of hosts(5), read again whenever it changes.
            resolv_conf: a file of settings in the form of resolv.conf(5), read again whenever it changes.
            timeout: seconds to wait for one server; None for what `resolv_conf` says.
            attempts: rounds over all servers; None for what `resolv_conf` says.
        """
        self.queries = 0
        self._hosts_path = hosts
        self._settings_path = resolv_conf
        self._own: dict[str, object] = {
            key: value
            for key, value in (
                ("servers", servers), ("search", search), ("timeout", timeout), ("attempts", attempts),
            )
            if value is not None
        }  # fmt: skip
        self._hosts: Hosts = {}
        self._settings: Settings | None = None
        self._stamps: tuple[object, object] | None = None
        self._files_until: Micros = 0
        self._literals: dict[str, int] = {}
        self._cache: OrderedDict[tuple[str, int | None], _Kept] = OrderedDict()
        self._flights: dict[tuple[str, int | None], _Flight] = {}
        self._controls: dict[str, tuple[Micros, bool]] = {}
        self._first: tuple[Micros, Server | None] = (0, None)

    async def resolve(
        self, host: str, version: int | None = None, *, within: Micros = PATIENCE
    ) -> tuple[str, ...]:
        """Return the addresses of a host, in the order in which they should be tried.

        Args:
            host: a name, or an address (which is returned as it is).
            version: 4 or 6 for addresses of this IP version only.
            within: how long to ask at most; `PATIENCE` is never exceeded.

        Raises:
            Failure: the name does not exist, or has no such address.
            OwnFault: nobody can be asked: it says nothing about the name.
        """
        known = self._literals.get(host)
        if known is None and is_address(host):
            known = address_version(host)
            if len(self._literals) < _CACHED_AT_MOST:
                self._literals[host] = known
        if known is not None:
            if version is not None and known != version:
                raise Failure(Cause.NAME, f"{host} is not an IPv{version} address")
            return (host,)

        now = steady()
        if now >= self._files_until:
            self._look_at_files(now)
        key = (host, version)
        while True:
            kept = self._cache.get(key)
            if kept is not None and steady() < kept.until:
                return _unpack(kept)
            flight = self._flights.get(key)
            if flight is None:
                break
            await flight.landed.wait()
            if flight.result is not None:
                return _unpack(flight.result)

        flight = self._flights[key] = _Flight()
        try:
            flight.result = await self._find(host, version, min(within, PATIENCE))
            self._keep(key, flight.result)
        finally:
            del self._flights[key]
            flight.landed.set()
        return _unpack(flight.result)

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()
        self._controls.clear()

    def _keep(self, key: tuple[str, int | None], kept: _Kept) -> None:
        self._cache[key] = kept
        self._cache.move_to_end(key)
        if len(self._cache) > _CACHED_AT_MOST:
            self._cache.popitem(last=False)

    def _look_at_files(self, now: Micros) -> None:
        self._files_until = now + _FILES_KEPT
        stamps = (stamp(self._hosts_path), stamp(self._settings_path))
        if stamps == self._stamps:
            return
        self._stamps = stamps
        self._hosts = read_hosts(self._hosts_path)
        self._settings = read_settings(self._settings_path)._replace(**self._own)  # type: ignore[arg-type]
        self.forget()

    async def _find(self, host: str, version: int | None, within: Micros) -> _Kept:
        name = host.lower().rstrip(".")
        local = self._hosts.get(name)
        if local is None and (name == "localhost" or name.endswith(".localhost")):
            local = _LOOPBACK
        if local is not None:
            fitting = tuple(a for a in local if version is None or address_version(a) == version)
            if fitting:
                return _Kept(steady() + _FILES_KEPT, fitting, None)
        try:
            answer = await self._ask(host, version, within)
        except Failure as failure:
            return _Kept(steady() + FAILURE_KEPT, (), _again(failure))
        return _Kept(steady() + min(answer.ttl * SECOND, LONGEST_KEPT), answer.addresses, None)

    async def _ask(self, host: str, version: int | None, within: Micros) -> "Answer":
        # dnspython takes 40 ms to import: a daemon that watches addresses only never pays for it.
        try:
            from slawatch.checks._dns_query import Kind, ask
        except OSError as error:
            raise OwnFault(f"cannot resolve {host}: {own_fault(error) or words(error)}") from None

        self.queries += 1
        versions = (version,) if version is not None else (6, 4)
        patient = within * 4 // 5
        settings = self._impatient(patient)
        # One candidate that nobody could answer for leaves open whether it exists, whatever the others are.
        doubt = {Kind.NO_NAME: 0, Kind.NO_ADDRESS: 1, Kind.SILENT: 2, Kind.REFUSED: 2}
        last: Answer | None = None
        with trio.move_on_after(patient / SECOND) as scope:
            for name in candidates(host, settings):
                answer = await ask(name, versions, settings)
                if answer.server is not None and answer.server != settings.servers[0]:
                    self._first = (steady() + _FIRST_KEPT, answer.server)
                if answer.kind is Kind.FOUND:
                    return answer
                if last is None or doubt[answer.kind] > doubt[last.kind]:
                    last = answer
        if last is None or scope.cancelled_caught:
            kind, said = Kind.SILENT, "no answer"
        else:
            kind, said = last.kind, last.said
        asked = ", ".join(address for address, _ in settings.servers)
        if kind is Kind.NO_NAME:
            raise Failure(Cause.NAME, f"{host} does not exist ({said})")
        if kind is Kind.NO_ADDRESS:
            what = "IPv4 or IPv6" if version is None else f"IPv{version}"
            raise Failure(Cause.NAME, f"{host} has no {what} address ({said})")
        said = said if kind is Kind.REFUSED or last is not None else f"{asked}: no answer"
        if await self._works_otherwise(host, settings, (within - patient) / SECOND):
            raise Failure(
                Cause.NAME, f"the name servers of {host} do not answer ({said}; other names resolve)"
            )
        raise OwnFault(f"cannot resolve {host}: our own resolver fails ({said})")

    def _impatient(self, patient: Micros) -> Settings:
        """Return the settings with time for every server, the one first that answered when others did not."""
        settings = self._settings
        assert settings is not None
        until, first = self._first
        if first in settings.servers and steady() < until:
            others = tuple(server for server in settings.servers if server != first)
            settings = settings._replace(servers=(first, *others))
        share = patient / SECOND / (len(settings.servers) * settings.attempts or 1)
        return settings._replace(timeout=max(min(settings.timeout, share), _SHORTEST_WAIT))

    async def _works_otherwise(self, host: str, settings: Settings, timeout: float) -> bool:
        """Tell whose fault it is when a name is answered by an error or by silence.

        The domain above is asked for a name that nobody can have in a cache: if it answers, our resolver and
        our network work, and the name's own servers do not.
        """
        import dns.name

        from slawatch.checks._dns_query import Kind, ask

        above = host.lower().rstrip(".").rpartition(".")[2] if "." in host.rstrip(".") else ""
        if not above:
            return False
        known = self._controls.get(above)
        if known is not None and steady() < known[0]:
            return known[1]
        control = dns.name.from_text(f"slawatch-{os.urandom(6).hex()}.{above}.")
        works = False
        with trio.move_on_after(timeout):
            answer = await ask(control, (4,), settings)
            works = answer.kind not in (Kind.REFUSED, Kind.SILENT)
        self._controls[above] = (steady() + _CONTROL_KEPT, works)
        return works


def prepare_names() -> None:
    """Import beforehand what takes 40 ms when the first name is asked for."""
    import slawatch.checks._dns_query  # noqa: F401


def _unpack(kept: _Kept) -> tuple[str, ...]:
    if kept.failure is not None:
        raise _again(kept.failure)
    return kept.addresses


def _again(failure: Failure) -> Failure:
    """Return a fresh one: an exception that was raised holds its frames, and grows with each raise."""
    if isinstance(failure, OwnFault):
        return OwnFault(failure.reason)
    return Failure(failure.cause, failure.reason)


def candidates(host: str, settings: Settings) -> "list[dns.name.Name]":
    """Return the whole names that a host may mean, in the order to be tried (resolv.conf(5), `ndots`).

    Raises:
        Failure: it cannot be a name.
    """
    import dns.exception
    import dns.name

    try:
        whole = dns.name.from_text(host.rstrip(".") + ".")
        if host.endswith("."):
            return [whole]
        searched = [dns.name.from_text(f"{host}.{domain}.") for domain in settings.search]
    except (dns.exception.DNSException, UnicodeError, ValueError):
        raise Failure(Cause.NAME, f"{host!r} is not a valid host name") from None
    return [whole, *searched] if host.count(".") >= settings.ndots else [*searched, whole]
