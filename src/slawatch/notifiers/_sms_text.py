"""What fits into text messages: GSM 03.38's seven-bit alphabet, else UCS-2; segments; shortening."""

import unicodedata
from typing import Final, NamedTuple

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38, basic character set: one septet each."""

EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""GSM 03.38, extension table: two septets each."""

_ALIKE: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-",
        "−": "-", "…": "...", "•": "-", "·": "-", "→": "->", "×": "x",
        "\t": " ", "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip


class Encoding(NamedTuple):
    """How a text travels.

    Attributes:
        name: `GSM-7` or `UCS-2`.
        units: septets, or UTF-16 code units.
        segments: how many messages it is billed as.
    """

    name: str
    units: int
    segments: int


_ROOM: Final = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


def encoding(text: str) -> Encoding:
    """Return how a text travels: the header that joins several messages takes room in each of them.

    >>> encoding("a" * 160), encoding("€" * 81)
    (Encoding(name='GSM-7', units=160, segments=1), Encoding(name='GSM-7', units=162, segments=2))
    """
    name, widths = _widths(text)
    single, joined = _ROOM[name]
    total = sum(widths)
    if total <= single:
        return Encoding(name, total, 1)
    segments, room = 1, joined
    for width in widths:
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return Encoding(name, total, segments)


def _widths(text: str) -> tuple[str, list[int]]:
    if all(c in BASIC or c in EXTENDED for c in text):
        return "GSM-7", [1 if c in BASIC else 2 for c in text]
    return "UCS-2", [1 if ord(c) < 0x10000 else 2 for c in text]


def plainer(text: str) -> str:
    """Return a text with typographic characters as plain ones, if that spares it UCS-2; lines are kept."""
    clean = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    simple = clean.translate(_ALIKE)
    return simple if _widths(simple)[0] == "GSM-7" else clean


def fit(text: str, segments: int, characters: int = 1600) -> str:
    """Return a text of at most so many segments and characters, with dots where something is missing.

    Args:
        text: the words.
        segments: how many messages it may be billed as.
        characters: the provider's own limit.
    """
    text = plainer(text.strip())
    if encoding(text).segments <= segments and len(text) <= characters:
        return text
    mark = "..." if _widths(text)[0] == "GSM-7" else "…"
    low, high = 0, min(len(text), characters - len(mark))
    while low < high:
        middle = (low + high + 1) // 2
        if encoding(text[:middle].rstrip() + mark).segments <= segments:
            low = middle
        else:
            high = middle - 1
    kept = text[:low]
    while kept and (
        unicodedata.combining(text[len(kept)]) or text[len(kept)] in _JOINERS or kept[-1] == _ZWJ
    ):
        kept = kept[:-1]
    return kept.rstrip() + mark


_ZWJ: Final = "\u200d"
_JOINERS: Final = frozenset((_ZWJ, "\ufe0e", "\ufe0f"))
