"""Hosts and ports as people write them."""

import pytest

from slawatch.checks._address import Address, parse_address, parse_host


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("db.example:5432", Address("db.example", 5432)),
        ("DB.Example:1", Address("db.example", 1)),
        ("127.0.0.1:65535", Address("127.0.0.1", 65535)),
        ("[::1]:22", Address("::1", 22)),
        ("[fe80::1%eth0]:22", Address("fe80::1%eth0", 22)),
        ("bücher.example:80", Address("xn--bcher-kva.example", 80)),
        ("localhost:80", Address("localhost", 80)),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["", "db", "db:", ":80", "db:0", "db:65536", "db:http", "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80",
     "a b:80",     "http://db:80", "db:80/", "db..example:80", "-.:80", "db:80\n", "db:٣"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|port|host"):
        parse_address(text)


def test_hosts() -> None:
    assert parse_host("[::1]") == "::1"
    assert parse_host("::1") == "::1"
    assert parse_host("192.0.2.1") == "192.0.2.1"
    with pytest.raises(ValueError, match="host"):
        parse_host("not a host")
