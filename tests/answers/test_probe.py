"""What is probed for somebody, and how it is told."""

import pytest

from slawatch import checks
from slawatch.answers.probe import Probed, answer, made, passive, within
from slawatch.config.load import Config
from slawatch.core.instant import MINUTE, SECOND
from slawatch.core.sample import Cause, Outcome

PROBED = Probed(
    1_500_000, Outcome.DOWN, Cause.STATUS, "HTTP status 503", None, 2_000_000,
    (1_000, None, None, 2_500, None), (("certificate_days", 12.5, "d"),), ((1_234, "connected"),),
)  # fmt: skip


def test_lengths_are_seconds_and_words_are_those_of_the_field() -> None:
    check = made("https://u:hush@a.example/?key=hush")
    assert check is not None
    assert answer(check, PROBED) == {
        "check": "https://a.example/?...", "type": "http", "at": "1970-01-01T00:00:01.5Z", "state": "down",
        "cause": "status", "reason": "HTTP status 503", "latency": None, "took": 2.0,
        "phases": {"dns": 0.001, "connect": None, "tls": None, "first_byte": 0.0025, "transfer": None},
        "measures": [{"name": "certificate_days", "value": 12.5, "unit": "d"}],
        "transcript": [{"after": 0.001234, "line": "connected"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("http://a", "http"), ("HTTPS://a/b", "http"), ("a:80", "tcp"), ("[::1]:80", "tcp"),
        ("tcp://a:80", "tcp"), ("shop-home", None), (":80", None), ("a:x", None), ("", None),
    ],
)  # fmt: skip
def test_what_a_text_means(target: str, kind: str | None) -> None:
    check = made(target)
    assert (None if check is None else check.type) == kind


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://", "a:99999", "exec://x", "tcp://a", "://"])
def test_what_cannot_be_probed(target: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        made(target)


def test_another_time_to_give_up() -> None:
    check = made("a:80")
    assert check is not None
    assert within(check, "3s").timeout == 3 * SECOND
    assert within(check, "5m").timeout == 5 * MINUTE
    for text in ("0s", "soon", "301s", ""):
        with pytest.raises(ValueError, match=r".+"):
            within(check, text)


def test_what_calls_us_is_explained_without_its_token(config: Config) -> None:
    said = passive(config.checks["nightly"], config)
    assert said[0].startswith("nightly is a heartbeat check: it is not probed")
    assert "s3cret" not in str(said)
    assert "/heartbeat/backup" in str(passive(config.checks["backup"], None))
    for check in config.checks.values():
        assert bool(passive(check, config)) == checks.load(check.type).passive
