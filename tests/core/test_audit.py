"""A line of the audit log."""

from slawatch.core.audit import Audited, Numbered, as_json


def test_a_line_as_the_api_shows_it() -> None:
    line = Audited(7, "alice", "192.0.2.1", "token.create", "token:t-1", "allowed", '{"role":"viewer"}')
    assert as_json(Numbered(3, line), "2026-11-01T12:00:00Z", {"role": "viewer"}) == {
        "number": 3, "at": "2026-11-01T12:00:00Z", "person": "alice", "source": "192.0.2.1",
        "action": "token.create", "subject": "token:t-1", "outcome": "allowed", "detail": {"role": "viewer"},
    }  # fmt: skip
