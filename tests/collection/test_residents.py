"""A residents' list comes in once: a repeated ID number makes no second person, and what differs is kept beside."""

from datetime import date

import pytest

from apps.collection.models import Person
from apps.collection.services import load_residents, read_residents
from apps.core import crypto
from tests.factories import AreaFactory, UserFactory

pytestmark = pytest.mark.django_db
VILLAGE = "310151101201"
DAY = date(2026, 1, 1)
COLUMNS = ["village_code", "name", "sex", "birth_date", "id_no", "phone", "address", "household_no", "updated_at"]


def _load(*lines):
    AreaFactory(code=VILLAGE)
    residents = read_residents(dict(zip(COLUMNS, line, strict=True)) for line in lines)
    return load_residents(residents=residents, day=DAY, by=UserFactory())


def _line(name="吴妹英", id_no="310230196209047926", phone="13801234567", address="人民路1号", updated="2024-05-01"):
    return VILLAGE, name, "女", "1962-09-04", id_no, phone, address, "H1", updated


def test_of_two_lines_with_one_id_number_the_newest_is_the_persons():
    report = _load(_line(phone="13800000001", updated="2021-01-01"), _line(phone="13800000002", updated="2024-01-01"))
    person = Person.objects.get()
    assert (report.read, report.created, report.repeated) == (2, 1, 1)
    assert crypto.decrypt("person.phone", person.phone) == "13800000002"
    assert person.as_of == date(2024, 1, 1)


def test_what_the_older_line_says_otherwise_stands_beside():
    _load(_line(), _line(phone="13800000001", address="人民路2号", updated="2021-01-01"))
    facts = Person.objects.get().facts
    assert crypto.decrypt("person.phone", facts["person.phone"]["alt"]["v"]) == "13800000001"
    assert facts["person.residence_address"] == {"alt": {"v": "人民路2号", "s": "register", "d": "2021-01-01"}}
    assert "person.name" not in facts


def test_one_address_written_in_two_ways_is_no_difference():
    _load(_line(address="上海市崇明区沈镇村3组1267号"), _line(address="崇明沈镇村3队1267号", updated="2021-01-01"))
    assert Person.objects.get().facts == {}


def test_people_without_an_id_number_are_never_taken_for_one_another():
    _load(_line(id_no=""), _line(id_no=""))
    assert Person.objects.count() == 2


def test_a_list_brought_in_twice_adds_nobody():
    _load(_line())
    report = _load(_line())
    assert (report.created, report.repeated, Person.objects.count()) == (0, 1, 1)


def test_a_wrong_value_is_reported_with_its_line_and_the_person_kept():
    report = _load(_line(), _line(name="黄杏珍", id_no="310230196209047927"))
    assert Person.objects.filter(name="黄杏珍", id_number="").exists()
    assert [line for line, _ in report.problems] == [3]
