"""Frozen reports in a terminal."""

from typing import Any

from slawatch.cli import reports_table


def change(path: str) -> dict[str, Any]:
    return {"path": path, "text": path}


def test_the_figures_that_matter_come_first_however_many_differ() -> None:
    many = [change(f"services[shop].days[2026-10-{n:02}].percent") for n in range(1, 32)]
    told = list(
        reports_table._changes([*many, change("objectives[availability].verdict"), change("credit.amount")])
    )
    assert told[:3] == ["33 figures differ:", "  objectives[availability].verdict", "  credit.amount"]
    assert len(told) == 1 + 20 + 1
    assert told[-1].startswith("  and 13 more:")
    assert list(reports_table._changes([])) == ["no figure differs"]
    assert next(reports_table._changes([change("x")])) == "1 figure differs:"


def test_what_a_report_says_cannot_steer_the_terminal() -> None:
    finding = {"where": "x\x1b[31m", "what": "y\ny", "stored": "\x07", "recomputed": None, "advice": None}
    told = reports_table.verified(
        [
            {
                "number": 1,
                "ok": False,
                "result": "differs",
                "summary": "No.",
                "findings": [finding],
                "notes": ["n"],
            }
        ]
    )
    assert told == "report 1: differs. No.\n  x?[31m: y y\n    stored: ?\nnote: n\n"


def test_notes_of_many_reports_are_said_once() -> None:
    one = {"ok": True, "result": "match", "summary": "Fine.", "findings": [], "notes": ["n"], "figures": 1,
           "cells": 2}  # fmt: skip
    told = reports_table.verified([{**one, "number": 1}, {**one, "number": 2}])
    assert told.count("note: n\n") == 1


def test_nothing_is_told_as_that() -> None:
    assert reports_table.overdue([]) == "no report is overdue\n"
    assert "no report is frozen" in reports_table.listed([], "UTC")
    assert reports_table.verified([]) == "no report is frozen\n"
