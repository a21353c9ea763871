"""`[users]`, and whether a daemon lets in everybody, or nobody."""

from pathlib import Path

import pytest
import trustme
from tests.config.conftest import Load, Problems
from tests.config.example import HASH

from slawatch.config.users import needs_login, password_fault, signs_in
from slawatch.core.access import User

BASE = """
[organizations.acme]
[channels.hook]
type = "webhook"
url = "https://hooks.example/a"
[people.alice]
contact = [{ channel = "hook" }]
[checks.a]
service = "a"
type = "tcp"
address = "h:1"
"""
PROXY = '[web.proxy]\naddresses = ["10.0.0.1"]\nuser = "X-User"\n'
OIDC = '[web.oidc]\nissuer = "https://i.example"\nclient_id = "a"\n'
EVERYBODY = 'grants = [{ group = "*", role = "viewer" }]\n'
ALICE = f'[users.alice]\npassword = "{HASH}"\nperson = "alice"\n'


def test_a_user_is_read(read: Load) -> None:
    config = read(
        BASE + '[users.al]\npassword = { env = "P" }\nrole = "operator"\norganizations = ["acme"]\n'
        'person = "alice"\nexternal = "al@example.com"\n[users.bob]\n',
        {"P": HASH, "HOME": "/nonexistent"},
    )
    al = config.users["al"]
    assert al.password is not None
    assert al.password.value == HASH
    assert (al.role, al.organizations, al.person, al.external) == (
        "operator", ("acme",), "alice", "al@example.com",
    )  # fmt: skip
    assert config.users["bob"] == User(name="bob", role="viewer", organizations="all")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[users.a]\nrole = "root"\n', "users.a.role"),
        ("[users.a]\norganizations = []\n", "users.a.organizations"),
        ('[users.a]\norganizations = ["acne"]\n', "users.a.organizations[0]"),
        ('[users.a]\norganizations = "acme"\n', "users.a.organizations"),
        ('[users.a]\nperson = "bob"\n', "users.a.person"),
        ("[users.alice]\n", "users.alice"),
        ("[users.local]\n", "users.local"),
        ("[people.local]\n", "people.local"),
        ('[users.a]\npassword = "hunter2"\n', "users.a.password"),
        ('[users.a]\nexternal = "x"\n[users.b]\nexternal = "X"\n', "users.b.external"),
        ('[web.proxy]\naddresses = ["10.0.0.1"]\ngroups = "X-Groups"\n', "web.proxy.groups"),
        (PROXY, "web.proxy.grants"),
        (
            PROXY + 'grants = [{ group = "a", role = "viewer", organizations = ["nope"] }]\n',
            "web.proxy.grants[0].organizations[0]",
        ),
        (
            OIDC + EVERYBODY,
            "web.oidc",
        ),
        (
            '[web]\npublic_url = "https://w.example"\n' + OIDC,
            "web.oidc.grants",
        ),
        ('[web]\ntls = { certificate = "no.pem", key = "no.key" }\n', "web.tls.certificate"),
    ],
)
def test_what_cannot_be_meant_is_named(problems: Problems, text: str, path: str) -> None:
    found = problems(BASE + text)
    assert path in [problem.path for problem in found], found


def test_no_message_shows_a_password(problems: Problems) -> None:
    found = problems(BASE + '[users.a]\npassword = "hunter2hunter2"\n')
    assert "hunter2" not in str(found)
    assert "slawatch password" in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        "", "hunter2", HASH[:-30], HASH.replace("argon2id", "argon2i"), HASH.replace("m=65536", "m=8"),
        HASH.replace("m=65536", "m=99999999"), HASH.replace("t=3", "t=9999"), HASH + "\n",
        "$2b$12$" + "a" * 53,
    ],
)  # fmt: skip
def test_what_is_no_hash_or_a_bad_one(text: str) -> None:
    assert password_fault(text)
    assert not password_fault(HASH)


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("", False),
        ('[web]\nlisten = "127.0.0.1:1"\n', False),
        ('[web]\nlisten = "127.0.0.1:1"\nlogin = true\n', True),
        ('[web]\nlisten = "127.0.0.1:1"\n' + ALICE, True),
        ('[web]\nlisten = "127.0.0.1:1"\nlogin = false\n' + ALICE, False),
        ('[web]\nlisten = "0.0.0.0:1"\n' + ALICE, True),
        ('[web]\nlisten = "0.0.0.0:1"\nlogin = true\n', True),
        ('[web.proxy]\naddresses = ["10.0.0.1"]\n', False),
        (
            PROXY + EVERYBODY,
            True,
        ),
    ],
)
def test_where_one_must_sign_in(read: Load, text: str, login: bool) -> None:
    assert needs_login(read(BASE + text)) is login


@pytest.mark.parametrize("address", ["0.0.0.0:8470", "[::]:8470", "192.0.2.7:8470", "watch.example:8470"])
def test_another_address_than_loopback_needs_somebody_who_can_sign_in(
    problems: Problems, address: str
) -> None:
    (found,) = problems(BASE + f'[web]\nlisten = "{address}"\n')
    assert found.path == "web.listen"
    assert "slawatch password" in found.message


def test_no_login_elsewhere_than_on_loopback_is_a_mistake(problems: Problems) -> None:
    (found,) = problems(BASE + '[web]\nlisten = "0.0.0.0:1"\nlogin = false\n' + ALICE)
    assert found.path == "web.login"


def test_passwords_without_encryption_are_warned_of(read: Load) -> None:
    config = read(
        BASE + '[web]\nlisten = "0.0.0.0:1"\n' + ALICE.replace(f'"{HASH}"', '{ env = "P" }'),
        {"P": HASH, "HOME": "/nonexistent"},
    )
    assert [w.path for w in config.warnings if w.path.startswith("web")] == ["web.listen"]
    assert signs_in(config)


def test_a_proxy_on_this_machine_needs_a_secret_to_be_told_from_others(read: Load) -> None:
    text = PROXY.replace("10.0.0.1", "127.0.0.1") + EVERYBODY
    found = [w.path for w in read(BASE + text).warnings if w.path.startswith("web")]
    assert found == ["web.proxy.addresses[0]"]
    told = read(BASE + text + 'secret = { env = "S" }\n', {"S": "s", "HOME": "/nonexistent"}).warnings
    assert [w.path for w in told if w.path.startswith("web")] == []


def test_a_certificate_is_tried(read: Load, problems: Problems, tmp_path: Path) -> None:
    mine, other = trustme.CA().issue_cert("watch.example"), trustme.CA().issue_cert("watch.example")
    for name, pem in (("cert.pem", mine.cert_chain_pems[0]), ("key.pem", mine.private_key_pem),
                      ("other.pem", other.private_key_pem)):  # fmt: skip
        pem.write_to_path(str(tmp_path / name))
    assert read(BASE + '[web]\ntls = { certificate = "cert.pem", key = "key.pem" }\n').web.tls is not None
    for key in ("other.pem", "cert.pem"):
        (found,) = problems(BASE + f'[web]\ntls = {{ certificate = "cert.pem", key = "{key}" }}\n')
        assert found.path == "web.tls"
        assert "no pair" in found.message
