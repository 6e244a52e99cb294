"""What a village says once is known everywhere: other open sheets of the same people follow, touched cells do not."""

from datetime import date

import pytest

from apps.collection.models import Person
from apps.core import crypto
from apps.ledgers.models import CollectionSheet, SheetFigure, SheetStatus
from apps.ledgers.services import filling, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import AreaFactory, PersonFactory, PlanColumnFactory, PlanFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE = "310151101201"
NAME, PHONE, NEED, AGE, BIRTH = (
    "person.name", "person.phone", "person.living_status", "person.age", "person.birth_date",
)  # fmt: skip
COLUMNS = [(NAME, "name"), (PHONE, "phone"), (NEED, "text"), (BIRTH, "date"), (AGE, "integer")]


@pytest.fixture
def cadre():
    return PostingFactory(area__code=VILLAGE).user


@pytest.fixture
def sheets():
    """Two open sheets about the same two people: the one that is handed in, and the other."""
    for code in ("310151101", VILLAGE):
        AreaFactory(code=code)
    PersonFactory(
        name="施玉芳", phone=crypto.encrypt(PHONE, "13800000000"), birth_date="1950-03-02", birth_on=date(1950, 3, 2)
    )
    PersonFactory(name="黄杏珍", phone=crypto.encrypt(PHONE, "13800000001"))
    made = []
    for title in ("先交的", "后交的"):
        plan = PlanFactory(title=title)
        for key, kind in COLUMNS:
            PlanColumnFactory(plan=plan, key=key, data_type=kind, element__is_encrypted=key == PHONE)
        prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
        made.append(CollectionSheet.objects.get(plan=plan))
    return made


def _row(sheet, title="施玉芳"):
    return sheet.rows.get(title=title)


def _type(sheet, by, key, value, title="施玉芳"):
    row = _row(sheet, title)
    filling.save_cells(sheet=sheet, edits=[Edit(row.pk, key, row.version, value)], by=by)


def _phone(row):
    return crypto.decrypt(PHONE, row.cells[PHONE]["v"])


def test_a_changed_value_and_a_new_one_reach_the_other_sheet(sheets, cadre):
    first, other = sheets
    _type(first, cadre, PHONE, "13911112222")
    _type(first, cadre, NEED, "独居")
    filling.submit_sheet(sheet=first, by=cadre)
    row = _row(other)
    assert _phone(row) == "13911112222"
    assert (row.cells[PHONE]["s"], row.cells[PHONE]["t"]) == ("village", "prefilled")
    assert row.cells[NEED]["v"] == "独居"
    assert (row.version, row.cells[PHONE]["n"], row.unconfirmed) == (2, 2, 5)
    figure = SheetFigure.objects.get(sheet=other, column__key=NEED)
    assert (figure.prefilled, figure.empty) == (1, 1)


def test_rows_about_which_nothing_was_said_keep_their_version(sheets, cadre):
    first, other = sheets
    _type(first, cadre, PHONE, "13911112222")
    filling.submit_sheet(sheet=first, by=cadre)
    assert _row(other, "黄杏珍").version == 1


def test_typed_confirmed_and_emptied_cells_stay(sheets, cadre):
    first, other = sheets
    _type(other, cadre, PHONE, "13700000001")
    _type(other, cadre, NEED, "与子女同住")
    _type(other, cadre, NEED, "")
    row = _row(other, "黄杏珍")
    filling.confirm_rows(sheet=other, versions={row.pk: row.version}, by=cadre)
    _type(first, cadre, PHONE, "13911112222")
    _type(first, cadre, NEED, "独居")
    _type(first, cadre, PHONE, "13911113333", title="黄杏珍")
    filling.submit_sheet(sheet=first, by=cadre)
    assert _phone(_row(other)) == "13700000001"
    assert NEED not in _row(other).cells
    assert _phone(_row(other, "黄杏珍")) == "13800000001"


def test_whoever_has_the_old_value_before_them_is_told(sheets, cadre):
    first, other = sheets
    before = _row(other)
    _type(first, cadre, PHONE, "13911112222")
    filling.submit_sheet(sheet=first, by=cadre)
    edit = Edit(before.pk, PHONE, before.version, "13700000001")
    saved = filling.save_cells(sheet=other, edits=[edit], by=cadre)
    assert [refused.mine for refused in saved.refused] == ["13700000001"]
    assert _phone(_row(other)) == "13911112222"


def test_a_settled_difference_is_settled_everywhere(cadre):
    AreaFactory(code="310151101")
    AreaFactory(code=VILLAGE)
    other_name = {"v": "施玉芬", "s": "city", "d": "2026-09-01"}
    PersonFactory(name="施玉芳", facts={NAME: {"alt": other_name}})
    for _ in range(2):
        plan = PlanFactory()
        PlanColumnFactory(plan=plan, key=NAME, data_type="name")
        prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    first, other = CollectionSheet.objects.order_by("pk")
    row = _row(first)
    filling.save_cells(sheet=first, edits=[Edit(row.pk, NAME, 1, choose="current")], by=cadre)
    filling.submit_sheet(sheet=first, by=cadre)
    row = _row(other)
    assert (row.cells[NAME]["t"], row.conflicts, row.unconfirmed) == ("prefilled", 0, 1)
    assert "alt" not in row.cells[NAME]


def test_a_sheet_that_was_handed_in_does_not_move(sheets, cadre):
    first, other = sheets
    filling.submit_sheet(sheet=other, by=cadre)
    _type(first, cadre, PHONE, "13911112222")
    filling.submit_sheet(sheet=first, by=cadre)
    assert _phone(_row(other)) == "13800000000"
    assert _row(first).version == 2
    first.refresh_from_db()
    assert first.status == SheetStatus.SUBMITTED


def test_the_age_follows_the_birth_date_and_is_not_typed(sheets, cadre):
    first, other = sheets
    _type(first, cadre, AGE, "30")
    assert _row(first).cells[AGE]["s"] == "derived"
    _type(first, cadre, BIRTH, "1940-01-01")
    assert int(_row(first).cells[AGE]["v"]) >= 86
    filling.submit_sheet(sheet=first, by=cadre)
    assert Person.objects.get(name="施玉芳").birth_on == date(1940, 1, 1)
    assert int(_row(other).cells[AGE]["v"]) >= 86
    assert _row(other).cells[BIRTH]["v"] == "1940-01-01"


def test_an_age_nobody_could_work_out_may_be_typed_and_stays_out_of_the_register(sheets, cadre):
    first, other = sheets
    _type(first, cadre, AGE, "72", title="黄杏珍")
    filling.submit_sheet(sheet=first, by=cadre)
    assert AGE not in Person.objects.get(name="黄杏珍").facts
    assert AGE not in _row(other, "黄杏珍").cells
