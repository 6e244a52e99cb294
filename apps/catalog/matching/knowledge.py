"""What forms are known to call things (匹配知识): read once from apps/catalog/data/matching."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from apps.catalog.matching import names
from apps.catalog.matching.texts import AliasText
from apps.catalog.matching.words import lines, words

BODIES = ("unit", "house", "building", "community", "vehicle", "agency")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one element, under a context ("" for any), and how surely it means it."""

    element: str
    contexts: tuple[str, ...]
    strength: float


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


@dataclass(frozen=True, slots=True)
class Theme:
    """What a form deals with (条线主题), told by words of its title or by its fields."""

    key: str
    title_cues: tuple[str, ...]
    field_cues: frozenset[str]


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
            for word in dict.fromkeys(map(names.normalise, line["names"].split("|"))):
                entry = Entry(line["element"], tuple(line["context"].split()), float(line["strength"]))
                if not any(
                    other.element == entry.element and other.contexts == entry.contexts for other in self.entries[word]
                ):
                    self.entries[word].append(entry)
                    self.by_key[names.key(word)].append(entry)
                if entry.element.startswith("person.") and not entry.contexts:
                    suffix = entry.element.removeprefix("person.")
                    self.properties[word].append((suffix, entry.strength))
                    self.property_keys[names.key(word)].append((suffix, entry.strength))
        for word in sorted(words("relation")):
            self.properties[word].append(("relation", 1.0))

    def _read_subjects(self) -> None:
        for line in lines("subjects.csv"):
            subject = Subject(line["subject"], line["title"], line["prefix"], line["kind"])
            self.subjects.setdefault(subject.key, subject)
            for word in line["cues"].split("|"):
                self.cues[names.normalise(word)].append(Cue(word, subject.key, tuple(line["context"].split())))
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
