"""What forms are known to call things (匹配知识): read once from apps/catalog/data/matching."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from apps.catalog.matching import names
from apps.catalog.matching.texts import AliasText
from apps.catalog.matching.words import lines, words

FIRST_NAMES = 5
BODIES = ("unit", "house", "building", "community", "vehicle", "agency")


# A name that its line's plain names do not vouch for is offered to a person, never decided on.
LOOSE = 0.78
_NEUTRAL = words("neutral")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one element, under a context ("" for any), and how surely it means it.

    plain: one of the first names of its line, or built of nothing but what those say; the others are guesses of
    whoever wrote the line until an alias learned from forms, or a person's answer, bears them out.
    """

    element: str
    contexts: tuple[str, ...]
    strength: float
    plain: bool = True

    @property
    def sure(self) -> float:
        return self.strength if self.plain else min(self.strength, LOOSE)


@dataclass(frozen=True, slots=True)
class Subject:
    """主体: somebody or something a field can be about."""

    key: str
    title: str
    prefix: str
    kind: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that names a subject, in forms of the given contexts ("" for any)."""

    word: str
    subject: str
    contexts: tuple[str, ...]
    plain: bool = True  # as of Entry


@dataclass(frozen=True, slots=True)
class Theme:
    """What a form deals with (条线主题), told by words of its title or by its fields."""

    key: str
    title_cues: tuple[str, ...]
    field_cues: frozenset[str]


def plainness(listed: list[str]) -> list[bool]:
    """Which names of a line are plain: a line begins with its usual names, and goes on to rarer and looser ones.

    A later name is plain when it says nothing that the first ones do not ("现居住地址" after "现住址, 居住地址"), and
    looks like one of them.
    """
    first = [names.key(word) for word in listed[: max(FIRST_NAMES, len(listed) // 6)]]
    said = _NEUTRAL.union(*first)
    return [
        place < len(first)
        or (said.issuperset(names.key(word)) and any(names.likeness(names.key(word), one) >= 0.5 for one in first))
        for place, word in enumerate(listed)
    ]


class Knowledge:
    """The lexicon, indexed."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.by_key: dict[str, list[Entry]] = defaultdict(list)
        self.properties: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self.property_keys: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self.subjects: dict[str, Subject] = {}
        self.cues: dict[str, list[Cue]] = defaultdict(list)
        self.themes: list[Theme] = []
        self._read_names()
        self._read_subjects()
        self._read_themes()

    def _read_names(self) -> None:
        for line in lines("element_names.csv"):
            listed = list(dict.fromkeys(map(names.normalise, line["names"].split("|"))))
            for word, plain in zip(listed, plainness(listed), strict=True):
                entry = Entry(line["element"], tuple(line["context"].split()), float(line["strength"]), plain)
                if not any(
                    other.element == entry.element and other.contexts == entry.contexts for other in self.entries[word]
                ):
                    self.entries[word].append(entry)
                    self.by_key[names.key(word)].append(entry)
                if entry.element.startswith("person.") and not entry.contexts:
                    suffix = entry.element.removeprefix("person.")
                    self.properties[word].append((suffix, entry.sure))
                    self.property_keys[names.key(word)].append((suffix, entry.sure))
        for word in sorted(words("relation")):
            self.properties[word].append(("relation", 1.0))

    def _read_subjects(self) -> None:
        for line in lines("subjects.csv"):
            subject = Subject(line["subject"], line["title"], line["prefix"], line["kind"])
            self.subjects.setdefault(subject.key, subject)
            listed = list(map(names.normalise, line["cues"].split("|")))
            for word, plain in zip(listed, plainness(listed), strict=True):
                self.cues[word].append(Cue(word, subject.key, tuple(line["context"].split()), plain))
        self.longest_cue = max(map(len, self.cues))

    def _read_themes(self) -> None:
        for line in lines("themes.csv"):
            fields = frozenset(names.normalise(word) for word in line["field_cues"].split("|") if word)
            cues = tuple(word for word in line["title_cues"].split("|") if word)
            self.themes.append(Theme(line["theme"], cues, fields))


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """The knowledge that ships with the product."""
    return Knowledge()


def learned_aliases() -> list[AliasText]:
    """Names learned from labelled public forms (aliases.csv): evidence, not answers."""
    return [
        AliasText(line["name"], line["context"], line["element"] or None, float(line["weight"]))
        for line in lines("aliases.csv")
    ]
