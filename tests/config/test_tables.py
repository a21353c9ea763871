"""Sections that are made of tables: whatever stands there instead is told where it stands."""

from collections.abc import Callable

import pytest

from slawatch.config.load import Problem

Problems = Callable[..., tuple[Problem, ...]]


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        ("people = 3", 1, "people", "a number cannot stand here"),
        (
            "[people]\nalice = 3",
            2,
            "people.alice",
            "every person is a table: write [people.alice] above the keys",
        ),
        ("[teams]\ndb = []", 2, "teams.db", "every team is a table: write [teams.db] above the keys"),
        ('[people."a b"]', 1, 'people."a b"', "a name is up to 100 letters"),
        ("routes = 3", 1, "routes", "a number cannot stand here"),
        ("[rules]", 1, "rules", "several may follow: write [[rules]] in double brackets"),
        ("inhibit = [3]", 1, "inhibit[0]", "a table stands in braces: { source = ..., target = ... }"),
        ("[quiet_hours]\nnight = 1", 2, "quiet_hours.night", "every entry is a table"),
    ],
)
def test_what_is_no_table(problems: Problems, text: str, line: int, path: str, message: str) -> None:
    (found,) = problems(text)
    assert (found.line, found.path) == (line, path)
    assert found.message.startswith(message)


def test_a_person_in_two_files_is_defined_twice(problems: Problems) -> None:
    (found,) = problems("[people.alice]\n", more="[people.alice]\n")
    assert found.message.startswith("defined twice: first in ")
