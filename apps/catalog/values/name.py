"""姓名与名称: people's names with 间隔号 and rare characters, names of organisations."""

import re

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import half_width, refuse_masked, tidy, without_invisible

NAME = "姓名"
LONGEST = 60
MIDDLE_DOT = "·"

_DOTS = re.compile(r"\s*[·•‧・･⋅∙●.．。]\s*")
# Ideographs with their extensions, private use (characters fonts lack), description and variation marks.
_HAN = (
    r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
    r"\ue000-\uf8ff\U000f0000-\U0010fffd\u2ff0-\u2fff\ufe00-\ufe0f\U000e0100-\U000e01ef"
)
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_DOT_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}]){_DOTS.pattern}(?=[{_HAN}])")
_LOST = re.compile(r"[?？□〓\ufffd]")
_ALLOWED_ELSE = re.compile(rf"[{_HAN}· '.\-’]")


def parse(text: str) -> str:
    """A person's name: blanks inside Chinese names go, every middle dot is `·`, rare characters stay as they are."""
    refuse_masked(text, NAME)
    name = " ".join(without_invisible(half_width(text)).split())
    if not name:
        return ""
    if _LOST.search(name):
        raise ValueProblem("姓名中有没显示出来的字，请补全")
    name = _DOT_BETWEEN_HAN.sub(MIDDLE_DOT, _BETWEEN_HAN.sub("", name))
    wrong = next((letter for letter in name if not letter.isalpha() and not _ALLOWED_ELSE.match(letter)), "")
    if wrong:
        raise ValueProblem(f"姓名里不应有“{wrong}”，备注请另填一栏")
    if len(name) > LONGEST:
        raise ValueProblem(f"姓名太长，最多 {LONGEST} 个字")
    return name


def parse_organisation(text: str) -> str:
    """Name of an organisation: letters and digits half-width, brackets full-width, no blanks between Chinese."""
    name = tidy(text).replace("(", "（").replace(")", "）")
    return re.sub(r"\s*([（）])\s*", r"\1", _BETWEEN_HAN.sub("", name)).strip()
