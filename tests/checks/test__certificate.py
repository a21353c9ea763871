"""The end of a certificate from its DER form."""

import datetime as dt
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from slawatch.checks._certificate import days_left, ends_at
from slawatch.core.instant import DAY, from_datetime

_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(end: dt.datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example" * 5)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(1971, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(end)
        .sign(_KEY, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


@pytest.mark.parametrize("year", [1999, 2026, 2049, 2050, 9999])
def test_the_end_in_both_forms_of_time(year: int) -> None:
    end = dt.datetime(year, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    assert ends_at(certificate(end)) == from_datetime(end)
    assert days_left(certificate(end), from_datetime(end) - 3 * DAY) == 3.0
    assert days_left(certificate(end), from_datetime(end) + DAY) == -1.0


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(ValueError):
        ends_at(der)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_refused(at: int, byte: int) -> None:
    der = bytearray(certificate(dt.datetime(2030, 1, 1, tzinfo=dt.UTC)))
    der[at % len(der)] = byte
    with suppress(ValueError):
        ends_at(bytes(der))
