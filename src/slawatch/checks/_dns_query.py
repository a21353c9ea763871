"""One question about one name to one name server after another: A and AAAA at once, TCP where cut short."""

import socket
import struct
from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import trio

from slawatch.checks._dns_files import Server, Settings
from slawatch.checks._failure import OwnFault, own_fault, words

_LARGEST: Final = 65_535
_PAYLOAD: Final = 1_232
"""DNS flag day 2020: a UDP answer that no path cuts up."""

_SECOND_KIND: Final = 0.25
"""Seconds to wait for the other family once one has answered with addresses: some networks drop AAAA."""


class Kind(Enum):
    """What became of a question."""

    FOUND = "found"
    NO_ADDRESS = "no address"
    NO_NAME = "no such name"
    REFUSED = "failed"
    """Every server answered that it cannot answer."""
    SILENT = "silent"
    """No server answered."""


class Answer(NamedTuple):
    """The answer to a question.

    Attributes:
        kind: what became of it.
        addresses: those of the name.
        ttl: seconds for which it is true.
        said: who said what, for people.
        server: who answered.
    """

    kind: Kind
    addresses: tuple[str, ...] = ()
    ttl: int = 0
    said: str = ""
    server: Server | None = None


class _Reply(NamedTuple):
    code: int
    addresses: tuple[str, ...]
    ttl: int


def _server_name(server: Server) -> str:
    return server[0] if server[1] == 53 else f"{server[0]} port {server[1]}"


def _read(message: dns.message.Message, kind: dns.rdatatype.RdataType) -> _Reply:
    code = int(message.rcode())
    if code != dns.rcode.NOERROR:
        return _Reply(code, (), 0)
    try:
        chain = message.resolve_chaining()  # type: ignore[attr-defined]
    except dns.exception.DNSException:
        return _Reply(int(dns.rcode.FORMERR), (), 0)
    if chain.answer is None:
        return _Reply(code, (), 0)
    addresses = tuple(record.address for record in chain.answer if record.rdtype == kind)
    return _Reply(code, addresses, int(chain.minimum_ttl))


async def _over_tcp(server: Server, wire: bytes) -> bytes:
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with trio.socket.socket(family, socket.SOCK_STREAM) as stream:
        await stream.connect(server)
        await trio.SocketStream(stream).send_all(struct.pack("!H", len(wire)) + wire)
        buffer = b""
        while len(buffer) < 2 or len(buffer) < 2 + struct.unpack_from("!H", buffer)[0]:
            part = await stream.recv(_LARGEST)
            if not part:
                raise ConnectionResetError("closed")
            buffer += part
        return buffer[2:]


async def _exchange(
    server: Server, name: dns.name.Name, kinds: Sequence[dns.rdatatype.RdataType], timeout: float
) -> dict[dns.rdatatype.RdataType, _Reply]:
    """Ask one server for all kinds at once; what has not come by the timeout is missing in the result."""
    replies: dict[dns.rdatatype.RdataType, _Reply] = {}
    queries = {
        query.id: (query, kind)
        for kind in kinds
        for query in (dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD),)
    }
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with trio.move_on_after(timeout) as scope, trio.socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        await datagrams.connect(server)
        for query, _ in queries.values():
            await datagrams.send(query.to_wire())
        while queries:
            wire = await datagrams.recv(_LARGEST)
            number = int.from_bytes(wire[:2], "big")
            if number not in queries:
                continue
            query, kind = queries[number]
            try:
                message = dns.message.from_wire(wire, raise_on_truncation=False, ignore_trailing=True)
                if not query.is_response(message):
                    continue
                if message.flags & dns.flags.TC:
                    message = dns.message.from_wire(await _over_tcp(server, query.to_wire()))
                    if not query.is_response(message):
                        continue
                replies[kind] = _read(message, kind)
            except dns.exception.DNSException:
                replies[kind] = _Reply(int(dns.rcode.FORMERR), (), 0)
            del queries[number]
            if replies[kind].addresses:
                scope.deadline = min(scope.deadline, trio.current_time() + _SECOND_KIND)
    return replies


def _judge(
    replies: dict[dns.rdatatype.RdataType, _Reply], kinds: Sequence[dns.rdatatype.RdataType], who: str
) -> Answer | None:
    """Return what a server's replies say about the name, None where they say nothing."""
    found = [reply for reply in replies.values() if reply.addresses]
    if found:
        addresses = tuple(a for kind in kinds if kind in replies for a in replies[kind].addresses)
        return Answer(Kind.FOUND, addresses, min(reply.ttl for reply in found), who)
    codes = {reply.code for reply in replies.values()}
    if dns.rcode.NXDOMAIN in codes:
        return Answer(Kind.NO_NAME, said=f"NXDOMAIN from {who}")
    if len(replies) == len(kinds) and codes == {int(dns.rcode.NOERROR)}:
        return Answer(Kind.NO_ADDRESS, said=f"no address from {who}")
    return None


async def ask(name: dns.name.Name, versions: Sequence[int], settings: Settings) -> Answer:
    """Ask for the addresses of one absolute name.

    Args:
        name: the whole name.
        versions: 6 and 4, in the order in which the addresses are wanted.
        settings: whom to ask, and how patiently.

    Raises:
        OwnFault: no socket could be made.
    """
    kinds = [dns.rdatatype.AAAA if version == 6 else dns.rdatatype.A for version in versions]
    said: list[str] = []
    refused = False
    for turn in range(settings.attempts):
        for server in settings.servers:
            who = _server_name(server)
            try:
                replies = await _exchange(server, name, kinds, settings.timeout)
            except OSError as error:
                fault = own_fault(error)
                if fault is not None:
                    raise OwnFault(f"cannot ask for {name.to_text(omit_final_dot=True)}: {fault}") from error
                said.append(f"{who}: {words(error)}")
                continue
            answer = _judge(replies, kinds, who)
            if answer is not None:
                return answer._replace(server=server)
            codes = sorted({dns.rcode.to_text(dns.rcode.Rcode(r.code)) for r in replies.values() if r.code})
            refused = refused or bool(codes)
            said.append(f"{who}: {', '.join(codes) or 'no answer'}")
        if refused and turn == 0 and all("no answer" not in line for line in said):
            break
    unique = "; ".join(dict.fromkeys(said))
    return Answer(Kind.REFUSED if refused else Kind.SILENT, said=unique)
