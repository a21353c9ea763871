"""Published cases: `tests/data/sla_*.json`, each with its source."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "data"


def load(name, *families, pick=lambda case: True):
    """Return the cases of a file that belong to these families."""
    found = json.loads((FOLDER / f"sla_{name}.json").read_text())["cases"]
    chosen = [case for case in found if case["family"] in families and pick(case)]
    assert chosen
    return chosen


def cases(name, *families, pick=lambda case: True):
    """Parametrise a test over the cases of a file that belong to these families."""
    chosen = load(name, *families, pick=pick)
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])
