"""文本: full-width letters and digits, stray and invisible characters; rare ones (GB 18030-2022) stay as they are.

Nothing here uses Unicode normalisation: it would exchange compatibility ideographs that stand in people's names.
"""

import re
import unicodedata

from apps.catalog.values.problems import ValueProblem

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_FULL_WIDTH_ALPHANUMERIC = {code: half for code, half in _FULL_WIDTH.items() if chr(half).isalnum()} | {0x3000: 0x20}
_INVISIBLE = ("Cf", "Cc", "Cs")  # format, control, half of a surrogate pair: none can be seen, some no database takes
_DASHES = re.compile(r"[‐‑‒–—―−﹣]")
_NOTHING = re.compile(r"[-'‐‑‒–—―−/／\\－.。·]*")


def half_width(text: str) -> str:
    """Full-width ASCII to half-width (全角转半角); Chinese characters and rare ones stay as they are."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def without_invisible(text: str) -> str:
    """White space as it is, characters nobody can see removed."""
    if text.isprintable():
        return text
    return "".join(letter for letter in text if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE)


def compact(text: str) -> str:
    """Half-width, without any white space and invisible characters."""
    if text.isascii() and text.isalnum():
        return text
    return "".join(without_invisible(half_width(text)).split())


def tidy(text: str) -> str:
    """Letters and digits half-width, Chinese punctuation kept, each run of white space one blank."""
    return " ".join(without_invisible(text.translate(_FULL_WIDTH_ALPHANUMERIC)).split())


def one_dash(text: str) -> str:
    """Every kind of dash written as `-`."""
    return text if text.isascii() else _DASHES.sub("-", text)


def is_nothing(text: str) -> bool:
    """Whether a cell holds only what people put into cells that stay empty: blanks, `-`, `——`, `/`."""
    return _NOTHING.fullmatch(compact(text)) is not None


def refuse_masked(text: str, name: str) -> None:
    """A masked value that was copied back is not the value (脱敏后的内容不能当作原值)."""
    if "*" in text or "＊" in text:
        raise ValueProblem(f"{name}带有星号，是脱敏后的内容，请填写完整的{name}")


def refuse_rounded(text: str, name: str) -> None:
    """Excel rounds long numbers kept as numbers; their last digits are gone (科学计数)."""
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d{1,2}", text, re.ASCII):
        raise ValueProblem(f"{name}被 Excel 改成了科学计数，末几位已丢失，请把该列设为文本后重新填写")


def parse(text: str) -> str:
    """Free text on one line."""
    return tidy(text)
