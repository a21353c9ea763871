"""The exit codes never change."""

from slawatch.cli import exits


def test_the_codes_are_those_of_the_contract() -> None:
    found = (exits.OK, exits.NO, exits.USAGE, exits.UNAVAILABLE, exits.IO, exits.TRY_AGAIN, exits.CONFIG)
    assert found == (0, 1, 2, 69, 74, 75, 78)
    assert (exits.NAGIOS_OK, exits.NAGIOS_WARNING, exits.NAGIOS_CRITICAL, exits.NAGIOS_UNKNOWN) == (
        0,
        1,
        2,
        3,
    )
