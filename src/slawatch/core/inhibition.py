"""Inhibition: while one alert fires, nobody is told of others that it explains.

A rule has matchers for the source and for the target, and labels that must be equal; a label that is not
there equals an empty one. An alert that matches both sides is not inhibited by one that does so too, nor by
itself. Source: Alertmanager, `inhibit/inhibit.go`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slawatch.core.matcher import Matchers, matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """A rule: while a source fires, its targets are not told.

    Attributes:
        source: what an alert must match to inhibit.
        target: what an alert must match to be inhibited.
        equal: labels that both must have in common.
    """

    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def inhibits(self, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
        """Say whether a firing source inhibits a target."""
        if not matches(self.target, target) or not matches(self.source, source):
            return False
        if matches(self.source, target) and matches(self.target, source):
            return False
        return all(source.get(label, "") == target.get(label, "") for label in self.equal)


def inhibitor(
    rules: Iterable[Inhibition], firing: Iterable[tuple[str, Mapping[str, str]]], target: Mapping[str, str]
) -> str | None:
    """Return the fingerprint of a firing alert that inhibits one with these labels, if there is one."""
    alerts = list(firing)
    for rule in rules:
        if matches(rule.target, target):
            for fingerprint, labels in alerts:
                if rule.inhibits(labels, target):
                    return fingerprint
    return None
