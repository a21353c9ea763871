"""The resolver against a real name server on loopback: what is kept and shared, whose fault a silence is."""

from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
import trio

import slawatch.checks._dns as dns_module
from slawatch.checks._dns import Resolver, candidates
from slawatch.checks._dns_files import Settings, read_hosts, read_settings
from slawatch.checks._failure import Failure, OwnFault
from slawatch.core.instant import SECOND
from slawatch.core.sample import Cause


class NameServer:
    """Answers from a table of `name -> {type: addresses}`.

    A table value may be `silent`, `servfail` or `truncated` too. A name that is missing does not
    exist, or while `broken` gets no answer.
    """

    def __init__(self, **names: object) -> None:
        self.names: dict[str, object] = {f"{name.replace('_', '.')}.": value for name, value in names.items()}
        self.asked: list[tuple[str, str]] = []
        self.broken = False
        self.delay = 0.0
        self.ttl = 300
        self.port = 0

    def answer(self, wire: bytes, *, tcp: bool = False) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        found = self.names.get(name)
        response = dns.message.make_response(query)
        if found == "silent" or (self.broken and found is None):
            return None
        if found == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found == "truncated" and not tcp:
            response.flags |= dns.flags.TC
        elif found is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        else:
            table = {"A": ["192.0.2.9"]} if found == "truncated" else found
            assert isinstance(table, dict)
            if "CNAME" in table:
                target = table["CNAME"]
                response.answer.append(dns.rrset.from_text(name, self.ttl, "IN", "CNAME", target))
                name, table = target, self.names[target]  # type: ignore[assignment]
            if kind in table:
                response.answer.append(dns.rrset.from_text(name, self.ttl, "IN", kind, *table[kind]))
        return response.to_wire()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        listener = trio.socket.socket(type=trio.socket.SOCK_STREAM)
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as datagrams, listener:
            await listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
            await datagrams.bind(("127.0.0.1", self.port))
            listener.listen()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.over_tcp, listener)
                task_status.started()
                while True:
                    wire, sender = await datagrams.recvfrom(65_535)
                    answer = self.answer(wire)
                    if self.delay:
                        await trio.sleep(self.delay)
                    if answer is not None:
                        await datagrams.sendto(answer, sender)

    async def over_tcp(self, listener: trio.socket.SocketType) -> None:
        while True:
            sock, _ = await listener.accept()
            with sock:
                wire = await sock.recv(65_535)
                answer = self.answer(wire[2:], tcp=True)
                assert answer is not None
                framed = len(answer).to_bytes(2, "big") + answer
                await sock.send(framed[:5])
                await sock.send(framed[5:])

    def resolver(self, tmp_path: Path, **options: object) -> Resolver:
        hosts = tmp_path / "hosts"
        hosts.touch()
        settled = {
            "servers": (("127.0.0.1", self.port),),
            "search": (),
            "timeout": 0.2,
            "attempts": 1,
        } | options
        return Resolver(hosts=hosts, resolv_conf=tmp_path / "resolv.conf", **settled)  # type: ignore[arg-type]


async def test_addresses_of_both_versions_and_of_one(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test={"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1"]})
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    assert set(await resolver.resolve("shop.test")) == {"192.0.2.1", "192.0.2.2", "2001:db8::1"}
    assert set(await resolver.resolve("SHOP.test", 4)) == {"192.0.2.1", "192.0.2.2"}
    assert await resolver.resolve("shop.test.", 6) == ("2001:db8::1",)


async def test_an_alias_is_followed(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(www_test={"CNAME": "shop.test."}, shop_test={"A": ["192.0.2.1"]})
    await nursery.start(server.run)
    assert await server.resolver(tmp_path).resolve("www.test") == ("192.0.2.1",)


async def test_an_answer_is_kept_for_its_time_to_live(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test={"A": ["192.0.2.1"]})
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    for _ in range(3):
        await resolver.resolve("shop.test", 4)
    assert len(server.asked) == 1
    server.ttl = 0
    resolver.forget()
    await resolver.resolve("shop.test", 4)
    await resolver.resolve("shop.test", 4)
    assert len(server.asked) == 3


async def test_all_who_ask_at_once_share_one_query(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test={"A": ["192.0.2.1"]})
    server.delay, server.ttl = 0.05, 0
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    found: list[tuple[str, ...]] = []

    async def one() -> None:
        found.append(await resolver.resolve("shop.test", 4))

    async with trio.open_nursery() as askers:
        for _ in range(50):
            askers.start_soon(one)
    assert found == [("192.0.2.1",)] * 50
    assert len(server.asked) == 1


async def test_when_the_first_is_cancelled_the_next_asks(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test={"A": ["192.0.2.1"]})
    server.delay = 0.1
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path, timeout=30.0)
    found: list[tuple[str, ...]] = []

    async def impatient() -> None:
        with trio.move_on_after(0.02):
            await resolver.resolve("shop.test", 4)

    async def patient() -> None:
        found.append(await resolver.resolve("shop.test", 4))

    async with trio.open_nursery() as askers:
        askers.start_soon(impatient)
        await trio.testing.wait_all_tasks_blocked()
        askers.start_soon(patient)
    assert found == [("192.0.2.1",)]


async def test_hanging_names_delay_no_other(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test={"A": ["192.0.2.1"]}, **{f"dead{n}_test": "silent" for n in range(200)})
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path, timeout=30.0)

    async def hang(number: int) -> None:
        await resolver.resolve(f"dead{number}.test", 4)

    async with trio.open_nursery() as hanging:
        for number in range(200):
            hanging.start_soon(hang, number)
        await trio.testing.wait_all_tasks_blocked(0.05)
        with trio.fail_after(2):
            assert await resolver.resolve("shop.test", 4) == ("192.0.2.1",)
        hanging.cancel_scope.cancel()


async def test_a_name_that_does_not_exist_is_the_targets_fault(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(only6_test={"AAAA": ["2001:db8::1"]})
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    with pytest.raises(Failure) as caught:
        await resolver.resolve("gone.test")
    assert type(caught.value) is Failure
    assert caught.value.cause is Cause.NAME
    assert caught.value.reason == f"gone.test does not exist (NXDOMAIN from 127.0.0.1 port {server.port})"
    with pytest.raises(Failure, match=r"only6.test has no IPv4 address"):
        await resolver.resolve("only6.test", 4)


async def test_a_failure_is_never_kept_until_the_repetition(
    nursery: trio.Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dns_module.FAILURE_KEPT < SECOND
    monkeypatch.setattr(dns_module, "FAILURE_KEPT", 0)
    server = NameServer()
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    with pytest.raises(Failure):
        await resolver.resolve("new.test", 4)
    server.names["new.test."] = {"A": ["192.0.2.1"]}
    assert await resolver.resolve("new.test", 4) == ("192.0.2.1",)


async def test_nobody_to_ask_is_our_own_fault(tmp_path: Path) -> None:
    with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as unused:
        await unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.7 known.test\n")
    resolver = Resolver(servers=(("127.0.0.1", port),), hosts=hosts, timeout=0.2, attempts=1)
    with pytest.raises(OwnFault) as caught:
        await resolver.resolve("shop.test")
    assert caught.value.cause is Cause.OURS
    assert "our own resolver fails" in caught.value.reason
    assert "connection refused" in caught.value.reason
    assert await resolver.resolve("known.test") == ("192.0.2.7",)


@pytest.mark.parametrize("fault", ["silent", "servfail"])
async def test_a_failing_name_is_ours_only_when_other_names_fail_too(
    nursery: trio.Nursery, tmp_path: Path, fault: str
) -> None:
    server = NameServer(shop_test=fault)
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path)
    with pytest.raises(Failure) as theirs:
        await resolver.resolve("shop.test", within=SECOND)
    assert type(theirs.value) is Failure
    assert theirs.value.cause is Cause.NAME
    assert theirs.value.reason.startswith("the name servers of shop.test do not answer")
    resolver.forget()
    server.broken = True
    with pytest.raises(OwnFault):
        await resolver.resolve("shop.test", within=SECOND)


async def test_one_family_that_is_silent_does_not_hide_the_other(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    class Half(NameServer):
        def answer(self, wire: bytes, *, tcp: bool = False) -> bytes | None:
            answer = super().answer(wire, tcp=tcp)
            return None if self.asked[-1][1] == "AAAA" else answer

    server = Half(shop_test={"A": ["192.0.2.1"]})
    await nursery.start(server.run)
    assert await server.resolver(tmp_path, timeout=2.0).resolve("shop.test") == ("192.0.2.1",)


async def test_the_second_server_is_asked_when_the_first_is_silent(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    mute, good = NameServer(shop_test="silent"), NameServer(shop_test={"A": ["192.0.2.1"]})
    await nursery.start(mute.run)
    await nursery.start(good.run)
    resolver = mute.resolver(
        tmp_path, servers=(("127.0.0.1", mute.port), ("127.0.0.1", good.port)), timeout=3.0
    )
    assert await resolver.resolve("shop.test", within=SECOND) == ("192.0.2.1",)
    resolver.forget()
    asked = len(mute.asked)
    assert await resolver.resolve("shop.test") == ("192.0.2.1",)
    assert len(mute.asked) == asked, "the server that answers is asked first from now on"


async def test_an_answer_cut_short_is_asked_for_over_tcp(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(shop_test="truncated")
    await nursery.start(server.run)
    assert await server.resolver(tmp_path).resolve("shop.test", 4) == ("192.0.2.9",)


async def test_search_domains(nursery: trio.Nursery, tmp_path: Path) -> None:
    server = NameServer(db_corp_test={"A": ["192.0.2.1"]})
    await nursery.start(server.run)
    resolver = server.resolver(tmp_path, search=("dev.test", "corp.test"))
    assert await resolver.resolve("db", 4) == ("192.0.2.1",)
    assert [name for name, _ in server.asked] == ["db.dev.test.", "db.corp.test."]
    with pytest.raises(Failure, match=r"db\. does not exist"):
        await resolver.resolve("db.", 4)


def test_the_order_of_candidates() -> None:
    settings = Settings((("192.0.2.53", 53),), ("corp.test",), ndots=2)
    assert [n.to_text() for n in candidates("a.b", settings)] == ["a.b.corp.test.", "a.b."]
    assert [n.to_text() for n in candidates("a.b.c", settings)] == ["a.b.c.", "a.b.c.corp.test."]
    assert [n.to_text() for n in candidates("a.", settings)] == ["a."]
    with pytest.raises(Failure, match="not a valid host name"):
        candidates("a" * 64, settings)


async def test_addresses_and_localhost_need_no_name_server(tmp_path: Path) -> None:
    resolver = Resolver(servers=(), hosts=tmp_path / "none", resolv_conf=tmp_path / "none")
    assert await resolver.resolve("192.0.2.1") == ("192.0.2.1",)
    assert await resolver.resolve("2001:db8::1", 6) == ("2001:db8::1",)
    assert await resolver.resolve("localhost") == ("127.0.0.1", "::1")
    assert await resolver.resolve("shop.localhost", 4) == ("127.0.0.1",)
    with pytest.raises(Failure, match=r"192\.0\.2\.1 is not"):
        await resolver.resolve("192.0.2.1", 6)
    assert resolver.queries == 0


async def test_the_hosts_file_comes_first_and_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_module, "_FILES_KEPT", 0)
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.1 Shop.test shop # the shop\n")
    resolver = Resolver(hosts=hosts, resolv_conf=tmp_path / "none")
    assert await resolver.resolve("shop.TEST") == ("192.0.2.1",)
    hosts.write_text("192.0.2.22 shop.test\n")
    assert await resolver.resolve("shop.TEST") == ("192.0.2.22",)


def test_a_hosts_file_of_any_content_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"\xff\xfe garbage\n\n1.2.3 x\n::1 six\n127.0.0.1 a b a # c\n#1.1.1.1 d\nfe80::1%lo e\n")
    assert dict(read_hosts(path)) == {
        "six": ("::1",),
        "a": ("127.0.0.1",),
        "b": ("127.0.0.1",),
        "e": ("fe80::1%lo",),
    }
    assert read_hosts(tmp_path / "none") == {}


def test_a_resolv_conf_of_any_content_is_read(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "nameserver 192.0.2.1\nnameserver nonsense\nnameserver ::1 # six\nnameserver\nsearch a.test B.test.\n"
        "options ndots:3 timeout:99 attempts:x rotate\n; comment\n"
    )
    settings = read_settings(path)
    assert settings.servers == (("192.0.2.1", 53), ("::1", 53))
    assert settings.search == ("a.test", "b.test")
    assert (settings.ndots, settings.timeout, settings.attempts) == (3, 30, 2)
    assert read_settings(tmp_path / "none").servers == (("127.0.0.1", 53),)


async def test_a_server_that_answers_nonsense_gives_an_answer_about_itself(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    class Nonsense(NameServer):
        def answer(self, wire: bytes, *, tcp: bool = False) -> bytes | None:
            return wire[:2] + b"\x81\x80" + b"\xff" * 30

    server = Nonsense()
    await nursery.start(server.run)
    with pytest.raises(OwnFault, match="our own resolver fails"):
        await server.resolver(tmp_path).resolve("shop.test", within=SECOND)
