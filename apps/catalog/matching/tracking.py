"""Walking through a form with whoever was named last in mind (裸名跟着最近的主体走)."""

from collections import defaultdict
from dataclasses import dataclass

from apps.catalog.matching.knowledge import LOOSE
from apps.catalog.matching.naming import Naming
from apps.catalog.matching.reading import OF_A_PERSON, SHARED, Reading
from apps.catalog.matching.words import words

_MOBILE = words("mobile")
_NOT_STYLE = ("name", "relation", "no")
_OWNED = tuple(words("owned"))
_ROLES = tuple(words("role_ending"))


def is_row_name(reading: Reading) -> bool:
    """A name of the person a row is about, as far as the words say."""
    return bool(reading.properties) and reading.properties[0][0] == "name" and reading.subject in ("", "person")


@dataclass(slots=True)
class _Last:
    """Who was named last, by which field, and how many fields of somebody else came since."""

    subject: str = ""
    opened_by: str = ""
    distance: int = 0
    lasting: bool = False  # a table of relatives: all that follows is theirs
    rival: str = ""  # who it may have been instead
    before: str = ""  # who was named, even when nobody is spoken of any more

    def name(self, subject: str, by: str, rival: str = "") -> None:
        self.before = subject
        self.subject, self.opened_by, self.distance, self.lasting, self.rival = subject, by, 0, False, rival

    def close(self) -> None:
        self.subject, self.opened_by, self.distance, self.lasting, self.rival = "", "", 0, False, ""

    def pass_by(self, known: bool) -> None:
        if known and not self.lasting:
            self.close()
        elif self.subject:
            self.distance += 1


class Walk:
    """One walk through the fields of one form; it completes the readings it is given."""

    def __init__(self, naming: Naming, readings: list[Reading], row_person: str, kind: str) -> None:
        self.naming = naming
        self.knowledge = naming.knowledge
        self.readings = readings
        self.row_person = row_person
        self.kind = kind
        self.last = _Last()
        self.used: dict[str, set[str]] = defaultdict(set)  # what was asked already, by subject
        # Subjects whose name stands before each of their properties: a bare name is then less likely theirs.
        self.styled = {
            reading.subject
            for reading in readings
            if reading.how == "named" and reading.properties and reading.properties[0][0] not in _NOT_STYLE
        }
        self.first_row = next((i for i, reading in enumerate(readings) if is_row_name(reading)), None)

    def go(self) -> None:
        for i, reading in enumerate(self.readings):
            top = reading.properties[0][0] if reading.properties else ""
            if reading.how == "named":
                self._named(i, top)
            elif reading.how == "group":
                self.used[reading.subject].add(top)
                self.last.close()
            elif not top:
                self._other(reading)
            elif top == "name" and reading.properties[0][1] >= 0.9:
                self._bare_name(i)
            else:
                self._bare(i, top)
        self._tell_phones()
        self._tell_childrens_phones()

    def _named(self, i: int, top: str) -> None:
        reading = self.readings[i]
        if top == "name" and self.first_row is None and reading.subject == "spouse" and not self.used["person"]:
            # 孕前检查表 begins with 妻子姓名: the wife is the row.
            reading.subject, self.first_row = "person", i
        if reading.subject == "person" and top == "name" and "name" in self.used["person"]:
            if any(cue.subject == "child" for cue in self.knowledge.cues[reading.cue]):
                reading.subject = "child"  # 产妇姓名 … 新生儿姓名
            else:
                reading.how = "repeated"
        if self.knowledge.subjects[reading.subject].kind == "main":
            self.last.close()
            if reading.how == "repeated":
                self.last.name("stranger", reading.name)
        elif reading.subject == "volunteer" and reading.rival:
            self.last.close()  # 志愿者编号 where the volunteer is the row
        elif top == "name" or self.last.subject != reading.subject:
            self.last.name(reading.subject, reading.name, reading.rival)
        self.used[reading.subject].add(top)

    def _other(self, reading: Reading) -> None:
        """A field that asks for nothing every person has."""
        entries = self.knowledge.entries.get(reading.name, ())
        if not entries and reading.name.endswith(_OWNED):
            if reading.name.endswith("姓名") and self.first_row is None and not self.used["person"]:
                # 购机者姓名: whoever a form names first is the one it registers
                reading.subject, reading.how, reading.properties = self.row_person or "person", "row", [("name", LOOSE)]
                self.used[reading.subject].add("name")
            else:
                self.last.name("stranger", reading.name)  # 犬只性别: of something no subject stands for
        elif not entries and reading.name.endswith(_ROLES):
            self.last.name("stranger", reading.name)  # 网格员, 帮扶干部: a telephone behind them is theirs
        elif any(entry.element.startswith(OF_A_PERSON) for entry in entries):
            if self._is_of_another() and self.last.distance < 2:
                reading.rival = self.last.subject
            self.last.pass_by(known=False)
        else:
            self.last.pass_by(known=bool(entries))

    def _is_of_another(self) -> bool:
        """Whether somebody other than the row's person was named last, and not before each of their properties."""
        last = self.last.subject
        kinds = ("relative", "stranger")
        return last not in ("", self.row_person, *self.styled) and self.knowledge.subjects[last].kind in kinds

    def _was_a_relative(self) -> bool:
        """Whether a relative was named before, though something else was asked since."""
        before = self.last.before
        return bool(before) and before not in self.styled and self.knowledge.subjects[before].kind == "relative"

    def _bare_name(self, i: int) -> None:
        """姓名 without a word on whose: the row's, or a relative's once the row has one."""
        reading = self.readings[i]
        in_table = self.last.subject == "family_member" and self.last.lasting
        if "name" in self.used[self.row_person] or (self.row_person == "person" and in_table):
            near = [prop for other in self.readings[max(0, i - 2) : i + 6] for prop, _ in other.properties]
            if "relation" in near or in_table:
                self.last.name("family_member", reading.name)
                self.last.lasting = True
                reading.subject, reading.how = "family_member", "follows"
            else:
                reading.subject, reading.how = self.row_person or "person", "repeated"
                self.last.name("stranger", reading.name)
        else:
            reading.subject, reading.how = self.row_person or "person", "row"
            self.last.close()
        self.used[reading.subject].add("name")

    def _bare(self, i: int, top: str) -> None:
        """Any other property without a word on whose."""
        reading = self.readings[i]
        last = self.last
        if self.first_row is not None and i < self.first_row and not last.subject and last.before:
            last.name(last.before, last.opened_by)  # the row's person comes later: they are still spoken of
        if top == "id_type" and last.subject and not self._number_follows(i):
            last.close()
        mine = self.used[self.row_person]
        if top == "relation" and not last.subject:
            if any(is_row_name(other) and other.how != "named" for other in self.readings[i + 1 : i + 4]):
                last.name("family_member", reading.name)
                last.lasting = True
            reading.subject, reading.how = "family_member", "row"
            reading.rival = "applicant" if self.used["applicant"] else ""
            self.used["family_member"].add("relation")
            return
        element = self.naming.element(last.subject, top) if last.subject else ""
        if top == "relation_to_head" and element and last.subject != self.row_person:
            # 赡养人姓名, 与户主关系; of a 家庭成员 it may as well be a roster of the household
            reading.rival = self.row_person if last.subject == "family_member" else ""
            self._give_to_last(reading, top)
            return
        if top == "relation_to_head":
            last.close()
            reading.subject, reading.how = self.row_person, "row"
            mine.add(top)
            return
        follows, reading.rival = self._follows(top, element)
        if follows:
            self._give_to_last(reading, top)
            return
        if top == "phone" and not last.subject and self._was_a_relative():
            reading.rival = last.before
        reading.subject = self.row_person
        reading.how = "repeated" if top in mine and "详" not in reading.name else "row"
        mine.add(top)

    def _follows(self, top: str, element: str) -> tuple[bool, str]:
        """Whether a bare property is of the one named last, and who else it may be about."""
        last = self.last
        if not last.subject:
            return False, ""
        mine = self.used[self.row_person]
        if element and top not in self.used[last.subject]:
            styled = last.subject in self.styled and top != "relation" and self.kind == "person"
            if styled and top not in mine and not last.lasting:
                return False, last.subject
            return True, self.row_person if top not in mine and last.distance else ""
        if top == "registered_address" and self.kind == "person" and self._is_of_another() and not last.distance:
            return False, last.subject  # a family lives together, but is not always registered together
        if not element and (top not in SHARED or last.subject == "stranger"):
            if top in mine:
                return True, ""  # theirs, but the registry has no such element
            if last.distance == 0:
                return False, last.subject
        return False, ""

    def _give_to_last(self, reading: Reading, top: str) -> None:
        last = self.last
        reading.subject, reading.how, reading.after = last.subject, "follows", last.opened_by
        family = reading.name.startswith("家庭") and self.knowledge.subjects[last.subject].kind == "relative"
        if last.rival or family:
            reading.rival = self.row_person
        if self.kind == "unit" and top == "phone" and last.subject != "unit_contact":
            reading.rival = "unit"  # 法定代表人…联系电话 may be either's: a person decides
        self.used[last.subject].add(top)

    def _number_follows(self, i: int) -> bool:
        return i + 1 < len(self.readings) and any(prop == "id_number" for prop, _ in self.readings[i + 1].properties)

    def _tell_phones(self) -> None:
        """A plain 电话 beside a 手机 of the same person may be the one at home."""
        mobile = {reading.subject for reading in self.readings if reading.name in _MOBILE}
        for reading in self.readings:
            if reading.subject in mobile and reading.properties and reading.properties[0][0] == "phone":
                if reading.name in _MOBILE:
                    reading.how = "row" if reading.how == "repeated" else reading.how
                else:
                    reading.properties = [(prop, 0.75 * sure) for prop, sure in reading.properties]
                    reading.properties.append(("home_phone", 0.7))

    def _tell_childrens_phones(self) -> None:
        """A small child has no telephone: a bare 电话 is as likely the guardian's."""
        if self.kind == "person" and any(self.used[one] for one in ("father", "mother", "guardian")):
            for reading in self.readings:
                if reading.how == "row" and reading.properties[0][0] == "phone" and "birth" in reading.contexts:
                    reading.rival = "guardian"
