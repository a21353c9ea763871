"""Bodies of forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slawatch.web.forms import fields_of, is_form
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
