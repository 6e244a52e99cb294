"""Reading a form: what its rows are about, and whose each field is (先定主体).

The labelling rules are followed here: a bare name goes with the nearest person named before it; a roster by 与户主关系
is about its own rows; a household ledger about its head.
"""

import re

from apps.catalog.matching import names
from apps.catalog.matching.knowledge import BODIES, Knowledge
from apps.catalog.matching.naming import PERSON_NAME, Naming
from apps.catalog.matching.reading import BARE_CERTIFICATE, FormReading, Reading
from apps.catalog.matching.texts import FormText
from apps.catalog.matching.tracking import Walk, is_row_name
from apps.catalog.matching.words import word_lists, words

_FAMILY_RESIDENCE = words("family_residence")
_OWN_RESIDENCE = words("couple_residence")
_KINDS = tuple(
    (use.removeprefix("kind:"), tuple(listed)) for use, listed in word_lists().items() if use.startswith("kind:")
)
_ROW_PERSON = {
    "person": "person",
    "household": "head",
    "house": "owner",
    "vehicle": "vehicle_owner",
    "event": "person",
}
_APPLICANT_NAME = ("申请人", "申请人姓名")
_EVENT = ("event.type", "event.time", "event.description")
_TENANT = ("承租人", "租客", "租户", "承租方", "租住人", "房客")


class Reader:
    """Reads forms with the knowledge given, for a registry of the given element ids."""

    def __init__(self, knowledge: Knowledge, element_ids: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.naming = Naming(knowledge, element_ids)

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
        self.naming.name_subjects(readings, base)
        named = {reading.subject for reading in readings if reading.how == "named"}
        if kind == "house" and "owner" not in named:
            row_person = "head" if "head" in named else "person" if "person" in named else row_person
        if not any(is_row_name(reading) for reading in readings):
            self._tell_volunteers(form.title, readings)
        if kind == "person" and self._is_member_table(form.title, readings):
            row_person = "family_member"
        Walk(self.naming, readings, row_person, kind).go()
        has_id = any(
            reading.subject in ("person", "head", row_person)
            and reading.name not in BARE_CERTIFICATE
            and any(prop == "id_number" and sure > 0.95 for prop, sure in reading.properties)
            for reading in readings
        )
        return FormReading(kind, row_person, themes, bodies, readings, has_id)

    def _tell_volunteers(self, title: str, readings: list[Reading]) -> None:
        """A form that names nobody but volunteers may be about them (志愿者登记表) or about what they do."""
        about_them = "志愿者" in title
        for reading in readings:
            if reading.how == "named" and reading.subject == "volunteer":
                is_number = reading.properties[0][0] == "no"
                reading.rival = "volunteer" if about_them and not is_number else "person"
                reading.subject = "person" if about_them and not is_number else "volunteer"

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

        head = first("户主姓名", "户主", "户主名")
        person = min(first(*PERSON_NAME), self._first_person(bare, head))
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
        if "event" in said and any(self._means(name, one) for name in bare for one in _EVENT):
            return "event", bodies
        if person < 999:
            return "person", bodies
        if "household" in said and not any(self._is_of(name, "household.") for name in bare):
            said.remove("household")  # 用户表, 客户表
        if said:
            return said[0], bodies
        if sum(self._is_of(name, "unit.") for name in bare) >= 2:
            return "unit", bodies | {"unit"}
        if any(self._means(name, "house.address") for name in bare[:4]):
            return "house", bodies | {"house"}
        if any(self._means(name, one) for name in bare for one in _EVENT):
            return "event", bodies
        if any(name == "小区名称" for name in bare[:3]):
            return "community", bodies | {"community"}
        if unit < 999 and unit < 8:
            return "unit", bodies | {"unit"}
        return ("household" if head < 999 else "person"), bodies

    def _first_person(self, bare: list[str], head: int) -> int:
        """Where the name of a row's person stands; a tenant is not the row where the landlord was named before."""
        has_owner = False
        for i, name in enumerate(bare):
            cues = self.knowledge.cues.get(name.removesuffix("姓名"), [])
            has_owner = has_owner or any(cue.subject == "owner" for cue in cues)
            if name in _APPLICANT_NAME and i < head:
                return i
            names_row = name.endswith("姓名") and any(cue.subject == "person" for cue in cues)
            if names_row and name not in _APPLICANT_NAME and not (has_owner and name.startswith(_TENANT)):
                return i
        return 999

    def _is_of(self, name: str, prefix: str) -> bool:
        """A name that asks for something of such a subject in any form (统一社会信用代码, 户号)."""
        return any(
            entry.element.startswith(prefix) and not entry.contexts and entry.sure >= 0.9
            for entry in self.knowledge.entries.get(name, ())
        )

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
