"""The daemon as the web sees it."""

from tests.web import conftest

from slawatch.answers.view import Commands, Refused, View
from slawatch.daemon.view import DaemonView


def test_the_stand_in_and_the_daemon_both_keep_to_the_protocol() -> None:
    for protocol in (View, Commands):
        wanted = {name for name in vars(protocol) if not name.startswith("_")}
        assert wanted <= set(dir(conftest.View)) | set(conftest.View.__dataclass_fields__)
    assert {name for name in vars(View) if not name.startswith("_")} <= set(dir(DaemonView))


def test_a_refusal_keeps_its_lines() -> None:
    refused = Refused("no", ("a", "b"), busy=True)
    assert (str(refused), refused.problems, refused.busy) == ("no", ("a", "b"), True)
