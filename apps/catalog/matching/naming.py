"""Whom a field's own words, or its group's, speak of, and which property of theirs (字面所指的主体)."""

import re

from apps.catalog.matching import names
from apps.catalog.matching.knowledge import LOOSE, Cue, Knowledge
from apps.catalog.matching.reading import TRACKED, Reading
from apps.catalog.matching.words import words

ADDRESSES = ("residence_address", "mailing_address", "registered_address", "family_address")
# Words that only stand for somebody together with a property of theirs.
_NEVER_ALONE = words("never_alone")
_RELATION = re.compile("(?:是|系)?[与和同].{1,8}关系")
_SIGNATURES = ("签名", "签字", "签章", "盖章")
_APPLICANT = ("申请人", "申报人", "申办人")
PERSON_NAME = frozenset(("姓名", "本人姓名", "人员姓名", "居民姓名", "名字"))


class Naming:
    """Reads names one by one, without regard to their order."""

    def __init__(self, knowledge: Knowledge, element_ids: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.ids = element_ids

    def name_subjects(self, readings: list[Reading], base: set[str]) -> None:
        """Whom the field's own words, or else its group's, speak of."""
        for reading in readings:
            contexts = set(base)
            group_cue, group_rival = self._group_subjects(reading.group, base)
            if group_cue:
                contexts.add(group_cue)
            for theme in self.knowledge.themes:
                if reading.group and any(word in reading.group for word in theme.title_cues):
                    contexts.add(theme.key)
            reading.contexts = frozenset(contexts)
            found = self._cue(reading.name, reading.contexts)
            if found:
                reading.subject, reading.rest, reading.properties = found
                reading.how, reading.cue = "named", reading.name.removesuffix(reading.rest)
                if reading.cue == "联系人" and "person" in base:
                    reading.rival = "person"  # an emergency contact, or whom to ask about the form
            else:
                reading.properties = self.properties(reading.name)
                if group_cue:
                    reading.subject, reading.how, reading.rival = group_cue, "group", group_rival
        self._tell_applicants(readings)

    def _tell_applicants(self, readings: list[Reading]) -> None:
        """申请人 is the row itself, unless the form names the row's person besides (then 代办申请人).

        Where 申请人 comes first and somebody else's name later (患者姓名), either may be the row: a person decides.
        """
        others = [
            i
            for i, reading in enumerate(readings)
            if (reading.name in PERSON_NAME and reading.how != "group")
            or (
                reading.how == "named"
                and reading.subject == "person"
                and reading.cue not in _APPLICANT
                and reading.properties[0][0] == "name"
            )
        ]
        household = any(reading.subject == "head" for reading in readings)
        for i, reading in enumerate(readings):
            if reading.name in _APPLICANT:
                reading.subject, reading.how, reading.cue = "person", "named", reading.name
                reading.properties = [("name", 0.92)]
                # where a 户主 is named, 申请人 may be the head again, a grown child, or a line to sign on
                reading.rival = "head" if household else ""
            if others and reading.how == "named" and reading.cue in _APPLICANT:
                reading.subject = "applicant"
                if i < others[0]:
                    reading.rival = "person"
                    readings[others[0]].rival = "applicant"

    def properties(self, name: str) -> list[tuple[str, float]]:
        """Personal properties the bare name may ask for."""
        found = self.knowledge.properties.get(name)
        if found:
            return [pair for pair in found if pair[0] in TRACKED]
        alike = self.knowledge.property_keys.get(names.key(name), ()) if len(name) > 2 else ()
        found = [(p, s * 0.93) for p, s in alike if p in TRACKED]
        for other, left in names.shorter(name):
            if not found:
                found = [(p, s * left) for p, s in self.knowledge.properties.get(other, ()) if p in TRACKED]
        if not found and name not in self.knowledge.entries and _RELATION.fullmatch(name):
            found = [("relation", 0.78)]
        return found

    def _fits(self, cue: Cue, contexts: frozenset[str]) -> bool:
        return not cue.contexts or bool(contexts & set(cue.contexts))

    def _choose(self, word: str, contexts: frozenset[str]) -> str:
        """The subject a word names here; a meaning under a context goes before the general one."""
        fitting = [cue for cue in self.knowledge.cues.get(word, ()) if self._fits(cue, contexts)]
        fitting.sort(key=lambda cue: not cue.contexts)
        return fitting[0].subject if fitting else ""

    def _officer(self, word: str, role: str, sure: float) -> float:
        """Those who handle a record go by many names, not all of which mean the registry's four."""
        plain = role != "officer" or any(cue.plain for cue in self.knowledge.cues[word])
        return sure if plain else min(sure, LOOSE)

    def _group_subjects(self, group: str, base: set[str]) -> tuple[str, str]:
        """Whom a heading speaks of, and whom else ("家庭成员或监护人信息")."""
        contexts = frozenset(base)
        found: list[str] = []
        for size in range(min(len(group), self.knowledge.longest_cue), 1, -1):
            for start in range(len(group) - size + 1):
                word = group[start : start + size]
                subject = self._choose(word, contexts)
                if subject and subject not in found:
                    found.append(subject)
                    group = group.replace(word, "\0" * size)
        others = [one for one in found[1:] if self.knowledge.subjects[one].kind == "relative"]
        return (found[0] if found else ""), (others[0] if others else "")

    def _cue(self, name: str, contexts: frozenset[str]) -> tuple[str, str, list[tuple[str, float]]] | None:
        """A leading word that names somebody, and the property behind it."""
        whole = self.knowledge.entries.get(name, ())
        plain = [entry for entry in whole if not entry.contexts and entry.sure >= 0.9]
        for size in range(min(len(name), self.knowledge.longest_cue), 0, -1):
            word = name[:size]
            if word not in self.knowledge.cues:
                continue
            subject = self._choose(word, contexts)
            if not subject:
                continue
            rest = re.sub(r"^\d+", "", name[size:])
            role = self.knowledge.subjects[subject].kind
            if role == "body":
                continue
            if rest in _SIGNATURES:
                return subject, rest, [("name", 0.75 if role == "officer" else 0.3)]
            if not rest:
                if role == "main" or word in _NEVER_ALONE:
                    continue
                if plain and self.element(subject, "name") not in {entry.element for entry in plain}:
                    continue
                return subject, rest, [("name", self._officer(word, role, 0.93))]
            if role == "main" and plain:
                return None
            found = self.properties(rest)
            if not found and rest in ("名", "名单"):
                found = [("name", LOOSE if role == "main" else 0.95)]  # 用户名 is what one logs in with
            if not found and rest in ("号", "编号", "警号", "工号"):
                found = [("no", 0.95), ("police_no", 0.95)]
            if not found or (size == 1 and rest not in self.knowledge.properties):
                continue
            if any(entry.strength >= 0.9 and not entry.element.startswith("person.") for entry in plain):
                target = {self.element(subject, prop) for prop, _ in found}
                if not target & {entry.element for entry in plain}:
                    return None
            return subject, rest, [(prop, self._officer(word, role, sure)) for prop, sure in found]
        return None

    def element(self, subject: str, prop: str) -> str:
        """The registry's element for a property of a subject, or ""."""
        prefix = self.knowledge.subjects[subject].prefix
        wanted = [prop]
        if prop in ADDRESSES and prefix != "person.":
            wanted.append("address")
        if prop == "home_phone" and prefix != "person.":
            wanted.append("phone")
        for suffix in wanted:
            if prefix + suffix in self.ids:
                return prefix + suffix
        if prefix in ("adopter_m.", "adopter_f."):
            return self.element("adopter", prop)
        if prefix == "person." and prop == "relation" and "family_member.relation" in self.ids:
            return "family_member.relation"
        return ""
