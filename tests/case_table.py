"""Prints how the published cases stand: `python -m tests.case_table`.

Runs the tests that are made of `tests/data/sla_*.json` and counts, for each source, how many cases there are
and how many pass; those that are not run are listed with the reason. Exits with 1 where one fails or is
missing.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

HERE = Path(__file__).parent
LEFT_OUT = "sla_not_applicable.json"


def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the cases that are run, and those that are not."""
    run: dict[str, dict[str, Any]] = {}
    for path in sorted((HERE / "data").glob("sla_*.json")):
        if path.name != LEFT_OUT:
            run.update({case["id"]: case for case in json.loads(path.read_text())["cases"]})
    return list(run.values()), json.loads((HERE / "data" / LEFT_OUT).read_text())["cases"]


def outcomes() -> dict[str, bool]:
    """Run the tests, and return whether each case passed wherever it was used."""
    files = sorted(
        str(path)
        for path in HERE.glob("*/test_*.py")
        if any(word in path.read_text() for word in ("published import", "published_cases", "sla_"))
    )
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={told}", *files],
            check=False, stdout=subprocess.DEVNULL, cwd=HERE.parent,
        )  # fmt: skip
        found: dict[str, bool] = {}
        for test in ET.parse(told).iter("testcase"):
            name = test.get("name") or ""
            case = name[name.index("[") + 1 : -1] if "[" in name else ""
            passed = not any(child.tag in ("failure", "error", "skipped") for child in test)
            found[case] = found.get(case, True) and passed
    return found


def main() -> int:
    """Print the table."""
    run, left_out = read()
    passed = outcomes()
    rows: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    bad = []
    for case in run:
        row = rows[case["family"], case["source"]]
        offset = 0 if case["usable"] == "direct" else 3
        row[offset] += 1
        fine = passed.get(case["id"]) or passed.get(escaped(case["id"]))
        row[offset + 1] += bool(fine)
        if not fine:
            bad.append(case["id"])
    for case in left_out:
        rows[case["family"], case["source"]][2 if case["usable"] == "direct" else 5] += 1
    print("| Family | Source | direct | with its conventions | not applicable |")
    print("| --- | --- | --- | --- | --- |")
    for (family, source), (direct, ok, out, given, fine, aside) in sorted(rows.items()):
        print(f"| {family} | {source} | {share(ok, direct)} | {share(fine, given)} | {out + aside or ''} |")
    total = [sum(row[place] for row in rows.values()) for place in range(6)]
    print(
        f"| **all {sum(total[place] for place in (0, 2, 3, 5))}** | | {share(total[1], total[0])} | "
        f"{share(total[4], total[3])} | {total[2] + total[5]} |"
    )
    print("\nNot applicable:")
    reasons: dict[str, list[str]] = defaultdict(list)
    for case in left_out:
        reasons[case["reason"]].append(f"{case['id']} ({case['usable']})")
    for reason, names in reasons.items():
        print(f"- {', '.join(names)}: {reason}.")
    if bad:
        print("\nFailed, or not run:", *bad, sep="\n- ")
    return 1 if bad else 0


def share(part: int, whole: int) -> str:
    """Return how many of how many."""
    return f"{part}/{whole}" if whole else ""


def escaped(text: str) -> str:
    """Return an id as pytest writes it: with what is not ASCII escaped."""
    return text.encode("unicode_escape").decode("ascii")


if __name__ == "__main__":
    raise SystemExit(main())
