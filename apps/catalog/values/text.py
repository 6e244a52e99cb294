"""Text as people type it (文本): full-width letters and digits, stray spaces."""

import unicodedata

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def half_width(text: str) -> str:
    """Full-width ASCII to half-width (全角转半角); Chinese characters and rare ones stay as they are."""
    return text.translate(_FULL_WIDTH)


def compact(text: str) -> str:
    """Half-width, without any white space and invisible characters."""
    return "".join(
        letter
        for letter in half_width(text)
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Cc")
    )
