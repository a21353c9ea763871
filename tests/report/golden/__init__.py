"""Renderings that were looked at and found right. After a wanted change, write them anew and look again:

SLAWATCH_GOLDEN=write pytest tests/report
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def check_golden(name: str, text: str) -> None:
    """Compare a rendering with the file of that name, or write the file when told so."""
    path = FOLDER / name
    if os.environ.get("SLAWATCH_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="")
    assert path.exists(), f"{name} is missing: SLAWATCH_GOLDEN=write pytest tests/report"
    with path.open(encoding="utf-8", newline="") as stream:
        assert text == stream.read(), f"{name} differs: if that is wanted, write it anew and look at it"
