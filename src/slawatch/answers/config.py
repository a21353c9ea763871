"""The answers about the configuration: what is wrong with one, as JSON."""

from typing import Any, Final

from slawatch.config.unread import Checked

MOST: Final = 1_000
"""Mistakes that are told by the API, and warnings; a text may have one in each of its letters."""


def answer(checked: Checked) -> dict[str, Any]:
    """Return what `check-config --json` prints."""
    config = checked.config
    return {
        "ok": not checked.problems,
        "files": [str(file) for file in config.files] if config else [],
        "digest": config.digest if config else None,
        "problems": [problem.as_json() for problem in checked.problems],
        "warnings": [warning.as_json() for warning in checked.warnings],
    }


def of_files(checked: Checked, in_force: str) -> dict[str, Any]:
    """Return what a reload would say of the files as they are.

    Args:
        checked: they.
        in_force: the digest of the configuration that the daemon runs on.
    """
    return {**_cut(checked), "secrets_read": True, "in_force": in_force, "counts": _counts(checked)}


def of_text(checked: Checked, in_force: str) -> dict[str, Any]:
    """Return what there is to say of a text; nothing that it names was read."""
    return {**_cut(checked), "secrets_read": False, "in_force": in_force, "counts": {}}


def _cut(checked: Checked) -> dict[str, Any]:
    problems, warnings = checked.problems, checked.warnings
    found = answer(checked._replace(problems=problems[:MOST], warnings=warnings[:MOST]))
    return {**found, "more": max(len(problems) - MOST, 0) + max(len(warnings) - MOST, 0)}


def _counts(checked: Checked) -> dict[str, int]:
    config = checked.config
    if config is None:
        return {}
    return {
        "check": len(config.checks),
        "service": len(config.services),
        "agreement": len(config.agreements),
    }
