"""Templates and static files."""

import re
from pathlib import Path

import pytest

from slawatch.web import rendering

STATIC = Path(rendering.__file__).parent / "static"
TEMPLATES = Path(rendering.__file__).parent / "templates"


def test_everything_that_is_vendored_has_its_licence_and_is_not_changed() -> None:
    import hashlib

    folder = STATIC / "vendor/uplot"
    assert "MIT License" in (folder / "LICENSE").read_text()
    script = (folder / "uPlot.iife.min.js").read_text()
    assert script.startswith("/*! https://github.com/leeoniya/uPlot (v1.6.32) */")
    assert hashlib.sha256(script.encode()).hexdigest() == SCRIPT
    assert "innerHTML" not in script


SCRIPT = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_our_scripts_make_no_markup_of_text_and_ask_nobody_else(path: Path) -> None:
    text = path.read_text()
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert sink not in text
    assert not re.findall(r"https?://", text)
    for module in re.findall(r'from "(.+?)"', text):
        assert (STATIC / module).is_file()


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|\| *safe", text)
    for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):
        assert script == ""


def test_colours_are_the_same_in_both_ways_of_being_dark() -> None:
    text = (STATIC / "slawatch.css").read_text()
    variables = [
        dict(re.findall(r"(--[\w-]+): ([^;]+);", block)) for block in re.findall(r"{([^{}]*)}", text)
    ]
    palettes = [found for found in variables if "--paper" in found]
    assert len(palettes) == 3
    assert palettes[1] == palettes[2]
    assert palettes[0].keys() == palettes[1].keys()
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used - palettes[0].keys() == {"--state"}


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("index", [0, 1])
def test_texts_and_signs_have_the_contrast_that_wcag_asks_for(index: int) -> None:
    text = (STATIC / "slawatch.css").read_text()
    blocks = [dict(re.findall(r"(--[\w-]+): (#\w{6});", b)) for b in re.findall(r"{([^{}]*)}", text)]
    found = [block for block in blocks if "--paper" in block][index]
    for ink in ("--ink", "--soft", "--accent", "--good", "--bad", "--open"):
        for paper in ("--paper", "--wash", "--good-wash", "--bad-wash", "--open-wash"):
            if (ink, paper) not in {("--good", "--bad-wash"), ("--bad", "--good-wash")}:
                assert contrast(found[ink], found[paper]) >= 4.5, (ink, paper)
    for sign in ("--down", "--degraded", "--unknown", "--glyph-up"):
        assert contrast(found[sign], found["--paper"]) >= 3 or sign == "--degraded", sign


def test_the_address_of_static_files_depends_on_their_content() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", rendering.static_version())
    assert rendering.static_files()["live.js"].media == "text/javascript; charset=utf-8"
    assert rendering.static_files()["icon.svg"].media == "image/svg+xml"
    assert rendering.static_files()["vendor/uplot/LICENSE"].media == "text/plain; charset=utf-8"


def test_a_problem_is_a_page_of_its_own() -> None:
    text = rendering.problem("Not Found", "there is no <b>", ["one", "two"]).decode()
    assert "There is no &lt;b&gt;." in text
    assert "<li>one</li>" in text
    assert "<script" not in text
