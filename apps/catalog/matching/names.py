"""Names of fields as people write them, brought to one form (字段名规范化)."""

import re
import unicodedata
from functools import lru_cache

from apps.catalog.matching.words import replacements, word_lists

_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|<([^<>]*)>|〔([^〔〕]*)〕")
_NUMBERING = re.compile(r"^(?:\d{1,2}[.、)]|[一二三四五六七八九十]{1,2}、|第?\(\d+\))")
_NOISE = re.compile(r"[\s*:;,.、。/\\|·•\-—_~“”\"'‘’?!#=+㎡&《》]+")
_POSSESSIVE = re.compile("的(?!地)")
# Options written behind a name, as comments of database columns are: "性别 1男 2女", "状态:0正常,1停用".
_LISTED = re.compile(r"[:,;]*(\d)[-=:.、]?[^\d,;、/]{1,12}(?:[,;、/]*\d[-=:.、]?[^\d,;、/]{1,12})+$")
_TAIL_NUMBER = re.compile(r"(?<=\D)\d{1,2}$")
_VARIANTS = replacements("spelling")
# Words that forms put for one another; a name spelt with either is found under the same key.
_SYNONYMS = replacements("synonym")
_LEADS = tuple(word_lists()["lead"])
_TAILS = tuple(word_lists()["tail"])


@lru_cache(maxsize=20_000)
def split(name: str) -> tuple[str, str]:
    """The bare name and what stood in brackets: "户口类型（常住/外地）" → ("户口类型", "常住/外地")."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc", "Cs", "Zs"))
    hints = [next(part for part in found if part is not None) for found in _groups(text)]
    bare = _BRACKETS.sub("", text) if _BRACKETS.sub("", text).strip("*:;,。 ") else text
    bare, options = _without_options(bare)
    hints += options
    bare = _NUMBERING.sub("", bare)
    bare = _NOISE.sub("", bare)
    bare = re.sub(r"[()\[\]【】<>〔〕]", "", bare).lower()
    for old, new in _VARIANTS:
        bare = bare.replace(old, new)
    bare = _POSSESSIVE.sub("", bare)
    bare = _TAIL_NUMBER.sub("", bare)
    return bare, " ".join(hints)


def _without_options(text: str) -> tuple[str, list[str]]:
    found = _LISTED.search(text)
    if not found or found.start() < 2:
        return text, []
    numbers = [int(digit) for digit in re.findall(r"\d", found.group())]
    counted = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
    return (text[: found.start()], [found.group()]) if counted else (text, [])


def _groups(text: str) -> list[tuple[str | None, ...]]:
    return [found.groups() for found in _BRACKETS.finditer(text)]


def normalise(name: str) -> str:
    """The name that aliases are kept under (规范名): no brackets, punctuation, numbering; one spelling."""
    return split(name)[0]


@lru_cache(maxsize=40_000)
def key(name: str) -> str:
    """A normalised name with words that mean the same written in one way: "残疾证编码" and "残疾证编号"."""
    for old, new in _SYNONYMS:
        if old in name:
            name = name.replace(old, new)
    return name


def shorter(name: str) -> list[tuple[str, float]]:
    """The name less a word that adds little, before or behind, and how sure that leaves: "现工作单位" → "工作单位"."""
    found = [(name[len(lead) :], 0.9) for lead in _LEADS if name.startswith(lead) and len(name) - len(lead) >= 2]
    return found + [(name[: -len(tail)], 0.75) for tail in _TAILS if name.endswith(tail) and len(name) - len(tail) >= 2]


@lru_cache(maxsize=40_000)
def grams(name: str) -> frozenset[str]:
    """Its letters and pairs of letters, for likeness."""
    return frozenset(name) | frozenset(name[i : i + 2] for i in range(len(name) - 1))


def likeness(one: str, other: str) -> float:
    """How much two names share, 0 to 1."""
    a, b = grams(one), grams(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0
