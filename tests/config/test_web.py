"""`[web]`: addresses, networks, the proxy, the provider, sessions."""

from ipaddress import ip_network

import pytest
from tests.config.conftest import Load, Problems

from slawatch.config.web import Address, Proxy, Sessions, Web, parse_address, parse_network
from slawatch.core.access import Grant
from slawatch.core.instant import DAY, HOUR

CHECK = '[checks.a]\nservice = "a"\ntype = "tcp"\naddress = "h:1"\n'


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:1", True), ("127.9.9.9:1", True), ("[::1]:1", True), ("localhost:1", True),
        ("0.0.0.0:1", False), ("[::]:1", False), ("10.0.0.1:1", False), ("example.org:1", False),
    ],
)  # fmt: skip
def test_what_only_this_machine_reaches(text: str, loopback: bool) -> None:
    assert parse_address(text).loopback is loopback


def test_networks() -> None:
    assert parse_network("10.0.0.5") == ip_network("10.0.0.5/32")
    assert parse_network("2001:db8::/32") == ip_network("2001:db8::/32")
    for text in ("10.0.0.5/8", "proxy.example", "", "10.0.0.0/33"):
        with pytest.raises(ValueError, match="is not an address"):
            parse_network(text)


def test_nothing_written_is_the_unix_socket_alone(read: Load) -> None:
    assert read(CHECK).web == Web()


def test_all_of_it_is_read(read: Load) -> None:
    web = read(
        CHECK
        + """
[organizations.acme]
[users.bob]
[web]
listen = "127.0.0.1:8470"
public_url = "https://watch.example"
login = true
local = "viewer"
sessions = { idle = "1h", length = "1d" }
[web.proxy]
addresses = ["10.0.0.0/8"]
user = "X-Remote-User"
groups = "X-Groups"
secret = { env = "PROXY" }
grants = [{ group = "sre", role = "operator", organizations = ["acme"] }]
[web.oidc]
issuer = "https://id.example/realms/main"
client_id = "slawatch"
grants = [{ group = "*", role = "viewer" }]
""",
        {"PROXY": "s", "HOME": "/nonexistent"},
    ).web
    assert web.listen == Address("127.0.0.1", 8470)
    assert (web.login, web.local, web.sessions) == (True, "viewer", Sessions(idle=HOUR, length=DAY))
    assert isinstance(web.proxy, Proxy)
    assert web.proxy.addresses == (ip_network("10.0.0.0/8"),)
    assert web.proxy.secret is not None
    assert web.proxy.secret.value == "s"
    assert web.proxy.grants == (Grant(group="sre", role="operator", organizations=("acme",)),)
    assert web.oidc is not None
    assert web.oidc.grants == (Grant(group="*", role="viewer"),)
    assert (web.oidc.user, web.oidc.groups) == ("email", "groups")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[web]\nlocal = "guest"\n', "web.local"),
        ('[web]\nlogin = "yes"\n', "web.login"),
        ('[web]\nsessions = { idle = "1s" }\n', "web.sessions.idle"),
        ('[web]\nsessions = { idle = "2d", length = "1d" }\n', "web.sessions.length"),
        ('[web]\nsessions = { length = "365d" }\n', "web.sessions.length"),
        ("[web.proxy]\naddresses = []\n", "web.proxy.addresses"),
        ('[web.proxy]\naddresses = ["here"]\n', "web.proxy.addresses[0]"),
        ('[web.proxy]\naddresses = ["10.0.0.1"]\nuser = "X User"\n', "web.proxy.user"),
        ('[web.oidc]\nissuer = "https://id.example"\n', "web.oidc"),
        ('[web.oidc]\nissuer = "http://id.example"\nclient_id = "a"\n', "web.oidc.issuer"),
        ('[web.oidc]\nissuer = "id.example"\nclient_id = "a"\n', "web.oidc.issuer"),
        ('[web.oidc]\nissuer = "https://id.example?x=1"\nclient_id = "a"\n', "web.oidc.issuer"),
        ('[web.oidc]\nissuer = "https://id.example"\nclient_id = ""\n', "web.oidc.client_id"),
        ('[web.oidc]\nissuer = "https://i.io"\nclient_id = "a"\nscopes = ["email"]\n', "web.oidc.scopes"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(problems: Problems, text: str, path: str) -> None:
    found = problems(CHECK + text)
    assert path in [problem.path for problem in found], found
