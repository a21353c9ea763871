"""How deep a TOML text nests, told before `tomllib` builds it, whose memory is the product of depths."""

import re
from typing import Final

DEEPEST: Final = 64
"""Parts of a dotted key; brackets and braces within one another."""

_MARK: Final = re.compile(
    r"#[^\n]*"
    r'|"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|[\[\]{}.=,\n]",
    re.DOTALL,
)


def too_deep(text: str, deepest: int = DEEPEST) -> int | None:
    r"""Return the line, from 1, in which a text nests too deeply; None where it does not.

    >>> too_deep("a = 1\nb = [[[1]]]", 2)
    2
    >>> too_deep("[a.b.c.d]", 2)
    1
    >>> too_deep('a = "[[[" # [[[', 2)
    """
    depth = parts = 0
    for match in _MARK.finditer(text):
        match match[0]:
            case "[" | "{":
                depth, parts = depth + 1, 0
            case "]" | "}":
                depth, parts = max(depth - 1, 0), 0
            case ".":
                parts += 1
            case "=" | "," | "\n":
                parts = 0
            case _:
                continue
        if depth > deepest or parts >= deepest:
            return text.count("\n", 0, match.start()) + 1
    return None
