"""Reading a form: what its rows are about, and whose each field is (先定主体).

The labelling rules in tests/data/README.md are followed here: a bare name goes with the nearest person named before
it; a roster by 与户主关系 is about its own rows; a household ledger about its head.
"""

import re
from dataclasses import dataclass, field

from apps.catalog.matching import names
from apps.catalog.matching.knowledge import BODIES, Cue, Knowledge
from apps.catalog.matching.texts import FormText
from apps.catalog.matching.words import word_lists, words

# Properties that every person may have, so that a bare name must first be told whose it is.
TRACKED = words("tracked")
SHARED = words("shared")
_MOBILE = words("mobile")
_FAMILY_RESIDENCE = words("family_residence")
_OWN_RESIDENCE = words("couple_residence")
BARE_CERTIFICATE = words("bare_certificate")
ADDRESSES = ("residence_address", "mailing_address", "registered_address", "family_address")
# Words that only stand for somebody together with a property of theirs.
_NEVER_ALONE = words("never_alone")
_RELATION = re.compile("(?:是|系)?[与和同].{1,8}关系")
_SIGNATURES = ("签名", "签字", "签章", "盖章")
_APPLICANT = ("申请人", "申报人", "申办人")
_PERSON_NAME = frozenset(("姓名", "本人姓名", "人员姓名", "居民姓名", "名字"))
_KINDS = tuple(
    (use.removeprefix("kind:"), tuple(listed)) for use, listed in word_lists().items() if use.startswith("kind:")
)
_ROW_PERSON = {
    "person": "person",
    "household": "head",
    "house": "owner",
    "rental": "owner",
    "vehicle": "vehicle_owner",
    "event": "person",
    "member": "family_member",
}
_FIRST_NAME = {"unit": 3, "vehicle": 4}


@dataclass(slots=True)
class Reading:
    """One field as read: the bare name, whose it is and which property of theirs it asks for, as far as it says."""

    name: str
    hint: str
    group: str = ""
    subject: str = ""  # key in Knowledge.subjects; "" when nothing personal is asked
    how: str = ""  # named | group | follows | row | repeated | either
    properties: list[tuple[str, float]] = field(default_factory=list)
    after: str = ""  # the name that made a bare field somebody else's
    contexts: frozenset[str] = frozenset()
    rest: str = ""  # what is left of the name behind the cue
    rival: str = ""  # another subject it may be about
    cue: str = ""  # the word that named the subject


@dataclass(slots=True)
class FormReading:
    """A form as read."""

    kind: str
    row_person: str
    themes: tuple[str, ...]
    bodies: frozenset[str]
    fields: list[Reading]
    has_id_number: bool


class Reader:
    """Reads forms with the knowledge given; `has` answers whether the registry holds an element id."""

    def __init__(self, knowledge: Knowledge, element_ids: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.ids = element_ids

    def read(self, form: FormText) -> FormReading:
        parts = [names.split(item.name) for item in form.fields]
        bare = [part[0] for part in parts]
        themes = self._themes(form, bare)
        kind, bodies = self._kind(form, bare, themes)
        base = {kind, *themes}
        if set(bare) & _FAMILY_RESIDENCE and set(bare) & _OWN_RESIDENCE:
            base.add("family_address")
        readings = []
        for item, (name, hint) in zip(form.fields, parts, strict=True):
            group = names.normalise(item.group)
            hint = " ".join(part for part in (hint, item.comment) if part)
            readings.append(Reading(name=name, hint=hint, group=group, contexts=frozenset(base)))
        row_person = _ROW_PERSON.get(kind, "")
        self._name_subjects(readings, base, kind)
        named = {reading.subject for reading in readings if reading.how == "named"}
        if kind == "house" and "owner" not in named:
            row_person = "head" if "head" in named else "person" if "person" in named else row_person
        if not any(self._is_row_name(reading) for reading in readings):
            for reading in readings:
                if reading.how == "named" and reading.subject == "volunteer":
                    reading.rival = "person"  # 志愿者登记表: the volunteer may be the row
        if kind == "person" and self._is_member_table(form.title, readings):
            row_person = "family_member"
        self._track(readings, row_person, kind)
        has_id = any(
            reading.subject in ("person", "head", row_person)
            and reading.name not in BARE_CERTIFICATE
            and any(prop == "id_number" and sure > 0.95 for prop, sure in reading.properties)
            for reading in readings
        )
        return FormReading(kind, row_person, themes, bodies, readings, has_id)

    # What the form is about

    def _themes(self, form: FormText, bare: list[str]) -> tuple[str, ...]:
        title = form.title + " " + form.department
        present = set(bare)
        return tuple(
            theme.key
            for theme in self.knowledge.themes
            if any(cue in title for cue in theme.title_cues) or present & theme.field_cues
        )

    def _kind(self, form: FormText, bare: list[str], themes: tuple[str, ...]) -> tuple[str, frozenset[str]]:
        title = re.sub(r"\(.*?\)|（.*?）", "", form.title) or form.title
        said = [kind for kind, cues in _KINDS if any(cue in title for cue in cues)]
        bodies = frozenset(kind for kind in said if kind in BODIES)

        def first(*wanted: str) -> int:
            return next((i for i, name in enumerate(bare) if name in wanted), 999)

        person = min(first(*_PERSON_NAME), self._first_person(bare))
        head = first("户主姓名", "户主", "户主名")
        unit = next((i for i, name in enumerate(bare) if self._means(name, "unit.name")), 999)
        plate = next((i for i, name in enumerate(bare) if self._means(name, "vehicle.plate_no")), 999)
        if "marriage" in themes and any(name.startswith(("男", "女")) for name in bare):
            return "marriage", bodies
        if plate < min(person, 4) or ("vehicle" in said and person > plate):
            return "vehicle", bodies | {"vehicle"}
        if head < 999 and person == 999 and "house" not in said and "unit" not in said:
            return "household", bodies
        if unit < min(person, 4):
            return "unit", bodies | {"unit"}
        if person < 999:
            return "person", bodies
        for kind in said:
            return ("household" if kind == "household" else kind), bodies
        if any(self._means(name, "house.address") for name in bare[:4]):
            return "house", bodies | {"house"}
        if any(self._means(name, "event.type") or self._means(name, "event.time") for name in bare):
            return "event", bodies
        if any(name == "小区名称" for name in bare[:3]):
            return "community", bodies | {"community"}
        if unit < 999 and unit < 8:
            return "unit", bodies | {"unit"}
        return ("household" if head < 999 else "person"), bodies

    def _first_person(self, bare: list[str]) -> int:
        for i, name in enumerate(bare):
            if name in ("申请人", "申请人姓名"):
                return i
            if name.endswith("姓名"):
                cues = self.knowledge.cues.get(name[:-2], [])
                if any(cue.subject == "person" for cue in cues):
                    return i
        return 999

    def _means(self, name: str, element: str) -> bool:
        return any(
            entry.element == element and not entry.contexts and entry.strength >= 0.9
            for entry in self.knowledge.entries.get(name, ())
        )

    def _is_member_table(self, title: str, readings: list[Reading]) -> bool:
        """A table of relatives of somebody not on it (家庭成员表 with a column 关系)."""
        if not any(word in title for word in ("家庭成员", "亲属", "社会关系", "家属")):
            return False
        found = {prop for reading in readings for prop, _ in reading.properties}
        return "relation" in found and "relation_to_head" not in found

    # Whose each field is

    def _name_subjects(self, readings: list[Reading], base: set[str], kind: str) -> None:
        """Whom the field's own words, or else its group's, speak of."""
        for reading in readings:
            contexts = set(base)
            group_cue = self._group_subject(reading.group, base)
            if group_cue:
                contexts.add(group_cue)
            for theme in self.knowledge.themes:
                if reading.group and any(word in reading.group for word in theme.title_cues):
                    contexts.add(theme.key)
            reading.contexts = frozenset(contexts)
            found = self._cue(reading.name, reading.contexts, kind)
            if found:
                reading.subject, reading.rest, reading.properties = found
                reading.how, reading.cue = "named", reading.name.removesuffix(reading.rest)
                if reading.cue == "联系人" and kind == "person":
                    reading.rival = "person"  # an emergency contact, or whom to ask about the form
            else:
                reading.properties = self.properties(reading.name)
                if group_cue:
                    reading.subject, reading.how = group_cue, "group"
        self._tell_applicants(readings)

    def _tell_applicants(self, readings: list[Reading]) -> None:
        """申请人 is the row itself, unless the form names the row's person besides (then 代办申请人)."""
        others = any(
            (reading.name in _PERSON_NAME and reading.how != "group")
            or (
                reading.how == "named"
                and reading.subject == "person"
                and reading.cue not in _APPLICANT
                and reading.properties[0][0] == "name"
            )
            for reading in readings
        )
        for reading in readings:
            if reading.name in _APPLICANT:
                reading.subject, reading.how, reading.cue = "person", "named", reading.name
                reading.properties = [("name", 0.92)]
            if others and reading.how == "named" and reading.cue in _APPLICANT:
                reading.subject = "applicant"

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

    def _group_subject(self, group: str, base: set[str]) -> str:
        if not group:
            return ""
        contexts = frozenset(base)
        for size in range(min(len(group), self.knowledge.longest_cue), 1, -1):
            for start in range(len(group) - size + 1):
                word = group[start : start + size]
                if word in self.knowledge.cues:
                    subject = self._choose(word, contexts)
                    if subject:
                        return subject
        return ""

    def _cue(self, name: str, contexts: frozenset[str], kind: str) -> tuple[str, str, list[tuple[str, float]]] | None:
        """A leading word that names somebody, and the property behind it."""
        whole = self.knowledge.entries.get(name, ())
        plain = [entry for entry in whole if not entry.contexts and entry.strength >= 0.9]
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
                return subject, rest, [("name", 0.93)]
            if role == "main" and plain:
                return None
            found = self.properties(rest)
            if not found and rest in ("名", "名单"):
                found = [("name", 0.95)]
            if not found and rest in ("号", "编号", "警号", "工号"):
                found = [("no", 0.95), ("police_no", 0.95)]
            if not found or (size == 1 and rest not in self.knowledge.properties):
                continue
            if any(entry.strength >= 0.9 and not entry.element.startswith("person.") for entry in plain):
                target = {self.element(subject, prop) for prop, _ in found}
                if not target & {entry.element for entry in plain}:
                    return None
            return subject, rest, found
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

    def _track(self, readings: list[Reading], row_person: str, kind: str) -> None:
        """Walk through the fields, keeping in mind who was named last (裸名跟着最近的主体走)."""
        styled = {
            reading.subject
            for reading in readings
            if reading.how == "named" and reading.properties and reading.properties[0][0] not in ("name", "relation")
        }
        first_row = next((i for i, r in enumerate(readings) if self._is_row_name(r)), None)
        state = _Tracker(open="", opened_by="", distance=0)
        used: dict[str, set[str]] = {}
        for i, reading in enumerate(readings):
            top = reading.properties[0][0] if reading.properties else ""
            if reading.how == "named":
                if top == "name" and first_row is None and reading.subject == "spouse" and not used.get("person"):
                    # 孕前检查表 begins with 妻子姓名: the wife is the row.
                    reading.subject, first_row = "person", i
                if reading.subject == "person" and top == "name" and "name" in used.get("person", ()):
                    if any(cue.subject == "child" for cue in self.knowledge.cues[reading.cue]):
                        reading.subject = "child"  # 产妇姓名 … 新生儿姓名
                    else:
                        reading.how = "repeated"
                role = self.knowledge.subjects[reading.subject].kind
                if role == "main":
                    state.close()
                    if reading.how == "repeated":
                        state.name("stranger", reading.name)
                elif top == "name" or state.open != reading.subject:
                    state.name(reading.subject, reading.name)
                used.setdefault(reading.subject, set()).add(top)
                continue
            if reading.how == "group":
                used.setdefault(reading.subject, set()).add(top)
                state.close()
                continue
            if not top:
                if reading.name.endswith("姓名") and not reading.properties:
                    state.name("stranger", reading.name)
                    continue
                state.pass_by(known=reading.name in self.knowledge.entries)
                continue
            if top == "name" and reading.properties[0][1] >= 0.9:
                self._bare_name(readings, i, state, used, row_person)
                continue
            if first_row is not None and i < first_row and not state.open and state.last:
                state.name(state.last, state.opened_by)  # the row's person comes later: they are still spoken of
            if top == "id_type" and state.open and not self._number_follows(readings, i):
                state.close()
            near = any(self._is_row_name(other) and other.how != "named" for other in readings[i + 1 : i + 4])
            self._bare_property(reading, top, state, used, row_person, styled, kind, near)
        self._tell_phones(readings)
        if kind == "person" and {"father", "mother", "guardian"} & set(used):
            for reading in readings:
                if reading.how == "row" and reading.properties[0][0] == "phone" and "birth" in reading.contexts:
                    reading.rival = "guardian"  # a small child has no telephone

    def _number_follows(self, readings: list[Reading], i: int) -> bool:
        return i + 1 < len(readings) and any(prop == "id_number" for prop, _ in readings[i + 1].properties)

    def _tell_phones(self, readings: list[Reading]) -> None:
        """A plain 电话 beside a 手机 of the same person may be the one at home."""
        mobile = {reading.subject for reading in readings if reading.name in _MOBILE}
        for reading in readings:
            if reading.subject in mobile and reading.properties and reading.properties[0][0] == "phone":
                if reading.name in _MOBILE:
                    reading.how = "row" if reading.how == "repeated" else reading.how
                else:
                    reading.properties = [(prop, 0.75 * sure) for prop, sure in reading.properties]
                    reading.properties.append(("home_phone", 0.7))

    def _is_row_name(self, reading: Reading) -> bool:
        return bool(reading.properties) and reading.properties[0][0] == "name" and reading.subject in ("", "person")

    def _bare_name(
        self, readings: list[Reading], i: int, state: "_Tracker", used: dict[str, set[str]], row_person: str
    ) -> None:
        reading = readings[i]
        if "name" in used.get(row_person, ()) or (
            row_person == "person" and state.open == "family_member" and state.lasting
        ):
            near = [prop for other in readings[max(0, i - 2) : i + 6] for prop, _ in other.properties]
            if "relation" in near or (state.open == "family_member" and state.lasting):
                state.name("family_member", reading.name)
                state.lasting = True
                reading.subject, reading.how, reading.after = "family_member", "follows", ""
            else:
                reading.subject, reading.how = row_person or "person", "repeated"
                state.name("stranger", reading.name)
            used.setdefault(reading.subject, set()).add("name")
            return
        reading.subject, reading.how = row_person or "person", "row"
        used.setdefault(reading.subject, set()).add("name")
        state.close()

    def _bare_property(
        self,
        reading: Reading,
        top: str,
        state: "_Tracker",
        used: dict[str, set[str]],
        row_person: str,
        styled: set[str],
        kind: str,
        name_is_near: bool,
    ) -> None:
        main = row_person
        mine = used.setdefault(main, set())
        if top == "relation" and not state.open:
            if name_is_near:
                state.name("family_member", reading.name)
                state.lasting = True
            reading.subject, reading.how = "family_member", "row"
            used.setdefault("family_member", set()).add("relation")
            return
        if top == "relation_to_head":
            state.close()
            reading.subject, reading.how = main, "row"
            mine.add(top)
            return
        theirs = used.setdefault(state.open, set()) if state.open else set()
        element = self.element(state.open, top) if state.open else ""
        follows = False
        rival = ""
        if state.open and element and top not in theirs:
            if (
                top != "relation"
                and state.open in styled
                and top not in mine
                and kind == "person"
                and not state.lasting
            ):
                follows, rival = False, state.open
            else:
                follows = True
                rival = main if (top not in mine and state.distance) else ""
        elif state.open and not element and top not in SHARED and top in mine:
            follows = True  # theirs, but the registry has no such element
        elif state.open and not element and top not in SHARED and main and state.distance == 0:
            rival = state.open
        if follows:
            if state.opened_by == "联系人" and kind == "person":
                rival = main
            if kind == "unit" and top == "phone" and state.open != "unit_contact":
                rival = "unit"  # 法定代表人…联系电话 may be either's: a person decides
            reading.subject, reading.how, reading.after = state.open, "follows", state.opened_by
            reading.rival = rival
            theirs.add(top)
            return
        reading.subject = main
        reading.how = "repeated" if top in mine and "详" not in reading.name else "row"
        reading.rival = rival
        mine.add(top)
        if top in SHARED:
            return
        if state.open and not state.lasting and element == "" and top not in mine:
            state.distance += 1


@dataclass(slots=True)
class _Tracker:
    """Who was named last, by which field, and how many fields of somebody else came between."""

    open: str
    opened_by: str
    distance: int
    lasting: bool = False
    last: str = ""

    def name(self, subject: str, by: str) -> None:
        self.last = subject
        self.open, self.opened_by, self.distance, self.lasting = subject, by, 0, False

    def close(self) -> None:
        self.open, self.opened_by, self.distance, self.lasting = "", "", 0, False

    def pass_by(self, known: bool) -> None:
        if known and not self.lasting:
            self.close()
        elif self.open:
            self.distance += 1
