import base64
import json
from urllib.parse import quote

import pytest

from slawatch.core.text import Secret
from slawatch.notifiers._scrub import answer_line, scrub, secrets_of

TOKEN = 'pä"ss/w+rd&secret'


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        quote(TOKEN, safe=""),
        json.dumps(TOKEN)[1:-1],
        base64.b64encode(TOKEN.encode()).decode(),
    ],
)
def test_a_secret_is_known_in_every_form(form: str) -> None:
    assert scrub(f"no: {form}!", secrets_of(Secret(TOKEN))).startswith("no: …")


def test_the_telling_parts_of_a_url_are_secret() -> None:
    secrets = secrets_of(
        Secret("https://user:passw0rd@hooks.example/services/T0001/B0002/xyzzy123?key=abcdef")
    )
    said = "user passw0rd T0001 B0002 xyzzy123 abcdef https://hooks.example"
    assert scrub(said, secrets) == "… … … … … … https://hooks.example"


def test_what_is_no_secret_stays() -> None:
    assert secrets_of("plain text", None) == ()
    assert secrets_of(Secret("abc")) == ()


def test_a_line_is_short_and_printable() -> None:
    found = answer_line("a\r\nb\x00\x1b[31m" + "x" * 1000, ())
    assert found.isprintable()
    assert len(found) == 200
