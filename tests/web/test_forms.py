"""Bodies of forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from slawatch.web.forms import fields_of, is_form, localise, number_of
from slawatch.web.problem import Problem


def test_what_a_form_is() -> None:
    assert is_form({"content-type": "application/x-www-form-urlencoded; charset=UTF-8"})
    assert not is_form({"content-type": "application/json"})
    assert not is_form({})


def test_fields() -> None:
    assert fields_of(b"a=%C3%A9+b&empty=&a2=1") == {"a": "é b", "empty": "", "a2": "1"}
    assert fields_of(b"") == {}
    with pytest.raises(Problem):
        fields_of(b"a=1&" * 200)
    with pytest.raises(Problem):
        fields_of("é=1".encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_problem(found: bytes) -> None:
    try:
        fields = fields_of(found)
    except Problem:
        return
    assert all(isinstance(value, str) for value in fields.values())


def test_times_of_a_form_are_of_a_zone_and_others_stay() -> None:
    wish = {"start": "2026-07-01T08:00", "end": "2026-07-01T08:00:00+01:00", "reason": "x"}
    localise(wish, "Europe/Berlin")
    assert wish == {"start": "2026-07-01T06:00:00Z", "end": "2026-07-01T07:00:00Z", "reason": "x"}
    odd = {"start": "now", "end": "soon"}
    localise(odd, "Europe/Berlin")
    assert odd == {"start": "now", "end": "soon"}


def test_numbers_of_an_address() -> None:
    def asked(query: bytes) -> int | None:
        return number_of(Request({"type": "http", "query_string": query, "headers": []}), "before")

    assert (asked(b""), asked(b"before="), asked(b"before=17")) == (None, None, 17)
    for odd in (b"before=-1", b"before=x", b"before=%D9%A3", b"before=1234567890123456789"):
        with pytest.raises(Problem):
            asked(odd)
