"""The registry of elements and the departments, as the files say them."""

import csv
from pathlib import Path

import pytest

from apps.catalog.models import DataType, Grade, Sensitivity
from apps.catalog.services import CODE_SETS, DATA
from apps.organizations.services import DATA as ORGANIZATIONS

IDENTIFIERS = {"id_number", "phone"}


def read(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def elements() -> list[dict[str, str]]:
    return read(DATA / "elements.csv")


def test_every_element_stands_once_with_a_definition_of_its_own(elements):
    assert len(elements) == len({element["id"] for element in elements}) == 533
    bare = [element["id"] for element in elements if element["definition"].rstrip("。") == element["name"]]
    assert [id_ for id_ in bare if id_.split(".")[0] in ("person", "household", "area", "lowincome", "benefit")] == []
    assert max(len(element["definition"]) for element in elements) <= 400


def test_every_word_of_the_registry_is_one_the_catalogue_knows(elements):
    assert {element["data_type"] for element in elements} <= set(DataType.values)
    assert {element["sensitivity"] for element in elements} == set(Sensitivity.values)
    assert {element["grade"] for element in elements} <= set(Grade.values)
    assert {element["code_set"] for element in elements} - {""} <= set(CODE_SETS)
    assert {element["encrypted"] for element in elements} == {"", "1"}
    assert {element["unit"] for element in elements if element["data_type"] == "money"} == {"元"}


def test_a_code_set_and_the_type_code_come_together(elements):
    assert [e["id"] for e in elements if (e["data_type"] == "code") != bool(e["code_set"])] == []


def test_grades_keep_their_floors(elements):
    below = {"general": "L1", "personal": "L2", "sensitive": "L4"}
    assert [e["id"] for e in elements if e["grade"] < below[e["sensitivity"]]] == []


def test_what_names_a_person_by_number_is_encrypted(elements):
    encrypted = {element["id"] for element in elements if element["encrypted"]}
    assert {element["id"] for element in elements if element["data_type"] in IDENTIFIERS} <= encrypted
    assert {"person.bank_account", "disability.cert_no", "person.insured_no", "student.no"} <= encrypted


def test_freshness_lies_between_a_month_and_ten_years_and_birth_never_goes_stale(elements):
    days = {element["id"]: element["freshness_days"] for element in elements}
    assert {int(value) for value in days.values() if value} <= set(range(30, 3651))
    assert days["person.birth_date"] == days["person.sex"] == days["person.id_number"] == ""
    assert (days["person.phone"], days["rental.tenant_count"], days["person.health_status"]) == ("180", "30", "365")
    assert days["person.is_dead"] != ""


@pytest.mark.parametrize(
    ("element", "data_type"),
    [
        ("area.village", "text"),
        ("area.standard_address_code", "serial"),
        ("person.bank_account", "serial"),
        ("person.id_issuer", "org_name"),
        ("veteran.unit_name", "org_name"),
        ("income.wage", "money"),
        ("person.id_valid_until", "date"),
        ("house.owner_sex", "code"),
    ],
)
def test_the_types_that_were_wrong_are_right(elements, element, data_type):
    assert {e["id"]: e["data_type"] for e in elements}[element] == data_type


def test_every_correction_is_told_in_the_readme(elements):
    told = (DATA / "README.md").read_text(encoding="utf-8")
    for element in elements:
        if f"| {element['id']} | " in told:
            line = next(line for line in told.splitlines() if line.startswith(f"| {element['id']} | "))
            assert f"| {element['data_type']}" in line


def test_the_twelve_offices_the_plan_names_have_their_part():
    departments = read(ORGANIZATIONS / "departments.csv")
    assert [d["short_name"] for d in departments[:12]] == [
        "区委党建办",
        "区委办公室",
        "区委组织部",
        "区委编办",
        "区府办",
        "区政务服务办",
        "区民政局",
        "区科委",
        "区公安分局",
        "区财政局",
        "区大数据中心",
        "区城运中心",
    ]
    assert len({d["code"] for d in departments}) == len({d["name"] for d in departments}) == len(departments)
    assert all(d["role_in_plan"] for d in departments)
