"""Writing the register (人房底册入库)."""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from apps.accounts.models import User
from apps.catalog.models import DataElement
from apps.catalog.values import CodeTable, ValueProblem, dates, id_number, name, phone
from apps.catalog.values.text import compact
from apps.collection.models import DataSource, Dwelling, Household, Person, Residency, StandardAddress
from apps.collection.selectors import REGISTER_FIELDS
from apps.core import crypto
from apps.organizations.models import Area

SAMPLE = Path(__file__).parent / "data" / "residents_sample.csv"
SEXES = CodeTable.of((("1", "男性"), ("2", "女性")))  # GB/T 2261.1


@dataclass
class Resident:
    """One line of a residents' list, read and checked (名册的一行); `problems` are sentences, one a bad value."""

    line: int
    area_code: str
    name: str
    sex: str = ""
    birth_date: str = ""
    id_number: str = ""
    phone: str = ""
    address: str = ""
    household_no: str = ""
    updated_at: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoadReport:
    """What became of the lines: `read == created + repeated + refused`; `problems` tells line and sentence."""

    read: int
    created: int
    repeated: int
    refused: int
    problems: list[tuple[int, str]]


def _checked(resident: Resident, parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except ValueProblem as problem:
        resident.problems.append(problem.message)
        return ""


def read_residents(lines: Iterable[dict[str, str]]) -> list[Resident]:
    """Read the columns of a residents' list; a bad value is left out and reported, its person is kept."""
    residents = []
    for number, line in enumerate(lines, start=2):
        resident = Resident(number, line["village_code"], line["name"].strip(), household_no=line["household_no"])
        resident.name = _checked(resident, name.parse, resident.name) or resident.name
        resident.id_number = _checked(resident, id_number.parse, line["id_no"])
        resident.phone = _checked(resident, phone.parse, line["phone"])
        resident.birth_date = _checked(resident, dates.parse, line["birth_date"])
        resident.updated_at = _checked(resident, dates.parse, line["updated_at"])
        resident.address = line["address"].strip()
        resident.sex = _checked(resident, SEXES.parse, line["sex"])
        if resident.id_number:
            resident.sex = resident.sex or id_number.sex_of(resident.id_number)
            resident.birth_date = resident.birth_date or id_number.birth_date_of(resident.id_number).isoformat()
        residents.append(resident)
    return residents


def normalise_address(text: str) -> str:
    """The form in which an address is compared (规范地址): half-width, no city and district, 组 for 队, # for 号."""
    short = re.sub(r"^(上海市)?崇明[区县]?", "", compact(text))
    return re.sub(r"(\d+)队", r"\1组", short).replace("#", "号")


def address_key(resident: Resident) -> tuple[str, str]:
    """Village and normalised address: equal for people of one dwelling."""
    return resident.area_code, normalise_address(resident.address)


@transaction.atomic
def load_residents(*, residents: list[Resident], day: date, by: User) -> LoadReport:
    """Bring people into an empty part of the register (名册入库); an ID number that is there already is not doubled.

    Of several lines with one ID number the newest is the person's; what the others say differently stands beside it
    as another source's, for the village to settle (来源不一致).
    """
    known = set(Person.objects.exclude(id_index="").values_list("id_index", flat=True))
    villages = set(Area.objects.villages().values_list("code", flat=True))
    problems = [(resident.line, sentence) for resident in residents for sentence in resident.problems]
    people: list[tuple[Resident, Person]] = []
    by_index: dict[str, tuple[Resident, Person]] = {}
    refused = 0
    for resident in sorted(residents, key=lambda each: each.updated_at, reverse=True):
        index = crypto.blind_index("person.id_number", resident.id_number)
        if index in by_index:
            _note_differences(*by_index[index], resident, day)
        elif resident.area_code not in villages:
            problems.append((resident.line, f"没有代码为 {resident.area_code} 的村居"))
            refused += 1
        elif not index or index not in known:
            people.append((resident, _person(resident, index, day)))
            if index:
                by_index[index] = people[-1]
    addresses = _addresses([resident for resident, _ in people if resident.address])
    households = _households([resident for resident, _ in people if resident.household_no])
    for resident, person in people:
        person.household = households.get((resident.area_code, resident.household_no))
    bulk_create_with_history([person for _, person in people], Person, batch_size=500, default_user=by)
    residencies = [
        Residency(person=person, dwelling=addresses[address_key(resident)], valid_from=day)
        for resident, person in people
        if resident.address
    ]
    bulk_create_with_history(residencies, Residency, batch_size=500, default_user=by)
    repeated = len(residents) - len(people) - refused
    return LoadReport(len(residents), len(people), repeated, refused, sorted(problems))


def _note_differences(kept: Resident, person: Person, other: Resident, day: date) -> None:
    """Keep what an older line of the same person says otherwise (另一来源的值)."""
    dated = other.updated_at if len(other.updated_at) == 10 else day.isoformat()
    for element, mine, theirs, value in (
        ("person.name", kept.name, other.name, other.name),
        ("person.phone", kept.phone, other.phone, crypto.encrypt("person.phone", other.phone)),
        ("person.residence_address", address_key(kept), address_key(other), other.address),
    ):
        if value and mine != theirs and element not in person.facts:
            person.facts[element] = {"alt": {"v": value, "s": DataSource.REGISTER.value, "d": dated}}


def _person(resident: Resident, index: str, day: date) -> Person:
    full_date = len(resident.birth_date) == 10
    return Person(
        area_code=resident.area_code,
        name=resident.name,
        sex=resident.sex,
        birth_date=resident.birth_date,
        birth_on=date.fromisoformat(resident.birth_date) if full_date else None,
        id_number=crypto.encrypt("person.id_number", resident.id_number),
        id_index=index,
        phone=crypto.encrypt("person.phone", resident.phone),
        phone_index=crypto.blind_index("person.phone", resident.phone),
        as_of=date.fromisoformat(resident.updated_at) if len(resident.updated_at) == 10 else day,
    )


def _addresses(residents: list[Resident]) -> dict[tuple[str, str], Dwelling]:
    """Dwellings of these people by village and normalised address, made where there was none."""
    wanted = {address_key(resident): resident.address for resident in residents}
    StandardAddress.objects.bulk_create(
        [StandardAddress(area_code=area, normalised=key, text=text) for (area, key), text in wanted.items()],
        ignore_conflicts=True,
    )
    areas = {area for area, _ in wanted}
    rows = StandardAddress.objects.filter(area_code__in=areas)
    Dwelling.objects.bulk_create(
        [Dwelling(area_code=row.area_code, address=row) for row in rows], ignore_conflicts=True
    )
    dwellings = Dwelling.objects.filter(area_code__in=areas).select_related("address")
    return {(dwelling.area_code, dwelling.address.normalised): dwelling for dwelling in dwellings}


def _households(residents: list[Resident]) -> dict[tuple[str, str], Household]:
    """Households of these people by village and number, made where there was none."""
    wanted = {(resident.area_code, resident.household_no) for resident in residents}
    Household.objects.bulk_create(
        [Household(area_code=area, number=number) for area, number in sorted(wanted)], ignore_conflicts=True
    )
    rows = Household.objects.filter(area_code__in={area for area, _ in wanted})
    return {(row.area_code, row.number): row for row in rows}


@transaction.atomic
def record_answers(*, answers: dict[int, dict[str, tuple[str, bool]]], day: date, by: User) -> int:
    """Take what a village said of its people into the register (村居核对结果入底册).

    `answers` is person id → element → (value, whether it is new). A confirmed value is dated anew; a new one replaces
    the old. What no column takes by itself (a new address, an ID number somebody else has) stands beside as another
    source's, until a person looks into it.
    Returns how many people were brought up to date.
    """
    people = list(Person.objects.select_for_update().filter(pk__in=answers).order_by("pk"))
    encrypted = set(DataElement.objects.filter(is_encrypted=True).values_list("pk", flat=True))
    taken = _taken_id_numbers(answers)
    for person in people:
        for element, (value, is_new) in answers[person.pk].items():
            said = {"s": DataSource.VILLAGE.value, "d": day.isoformat()}
            token = crypto.encrypt(element, value) if element in encrypted else value
            clash = element == "person.id_number" and taken.get(value, person.pk) != person.pk
            if element not in REGISTER_FIELDS:
                person.facts[element] = said | {"v": token}
            elif is_new and (clash or element not in _COLUMNS):
                person.facts[element] = {"alt": said | {"v": token}}
            else:
                person.facts[element] = said
                if is_new:
                    _set_column(person, element, value, token)
    bulk_update_with_history(people, Person, _ANSWERED, batch_size=500, default_user=by)
    return len(people)


_COLUMNS = frozenset({"person.name", "person.sex", "person.birth_date", "person.id_number", "person.phone"})
_ANSWERED = ["name", "sex", "birth_date", "birth_on", "id_number", "id_index", "phone", "phone_index", "facts"]


def _taken_id_numbers(answers: dict[int, dict[str, tuple[str, bool]]]) -> dict[str, int]:
    """Who already has the ID numbers that were said (证件号已有人用): number → person id."""
    element = "person.id_number"
    said = {
        crypto.blind_index(element, them[element][0]): them[element][0] for them in answers.values() if element in them
    }
    held = Person.objects.filter(id_index__in=said.keys() - {""}).values_list("id_index", "pk")
    return {said[index]: pk for index, pk in held}


def _set_column(person: Person, element: str, value: str, token: str) -> None:
    if element == "person.id_number":
        person.id_number, person.id_index = token, crypto.blind_index(element, value)
    elif element == "person.phone":
        person.phone, person.phone_index = token, crypto.blind_index(element, value)
    elif element == "person.birth_date":
        person.birth_date = value
        person.birth_on = date.fromisoformat(value) if len(value) == 10 else None
    else:
        setattr(person, element.removeprefix("person."), value)


def sample_residents() -> list[Resident]:
    """The invented residents of the demo district (演示居民)."""
    with open(SAMPLE, encoding="utf-8") as file:
        return read_residents(csv.DictReader(file))
