"""A cadre fills in what is missing; nothing typed is lost, nothing of a colleague is overwritten, all can be undone."""

from datetime import date

import pytest
from django.utils import timezone

from apps.accounts.roles import Role
from apps.collection.models import Person
from apps.collection.services import record_answers
from apps.core import crypto
from apps.core.errors import DomainError, NotAllowed
from apps.ledgers.models import CellEdit, CollectionSheet, SheetFigure, SheetStatus
from apps.ledgers.services import filling, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import AreaFactory, PersonFactory, PlanColumnFactory, PlanFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE = "310151101201"
PHONE, NEED = "person.phone", "person.living_status"


@pytest.fixture
def cadre():
    return PostingFactory(area__code=VILLAGE).user


@pytest.fixture
def sheet():
    for code in ("310151101", VILLAGE):
        AreaFactory(code=code)
    plan = PlanFactory()
    PlanColumnFactory(plan=plan, key="person.name", data_type="name")
    PlanColumnFactory(plan=plan, key=PHONE, data_type="phone", element__is_encrypted=True)
    PlanColumnFactory(plan=plan, key=NEED, is_required=True)
    PersonFactory(name="施玉芳", phone=crypto.encrypt(PHONE, "13800000000"), as_of=date(2026, 11, 1))
    PersonFactory(name="黄杏珍", as_of=date(2026, 11, 1))
    prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    return CollectionSheet.objects.get()


@pytest.fixture
def row(sheet):
    return sheet.rows.get(title="施玉芳")


def _save(sheet, by, row, key, value, version=None):
    return filling.save_cells(sheet=sheet, edits=[Edit(row.pk, key, version or row.version, value)], by=by)


def test_a_typed_value_is_kept_with_its_source_and_the_counters_follow(sheet, cadre, row):
    _save(sheet, cadre, row, NEED, "独居")
    row.refresh_from_db()
    assert (row.cells[NEED]["v"], row.cells[NEED]["s"], row.cells[NEED]["t"]) == ("独居", "self", "typed")
    assert (row.gaps, row.version) == (0, 2)


def test_a_wrong_value_is_kept_with_its_reason(sheet, cadre, row):
    _save(sheet, cadre, row, PHONE, "1380000")
    row.refresh_from_db()
    assert filling.plain(filling.plan_columns(sheet)[PHONE], row.cells[PHONE]) == "1380000"
    assert "应为 11 位" in row.cells[PHONE]["e"]
    assert row.errors == 1


def test_identifiers_are_sealed_in_cells_and_in_the_log(sheet, cadre, row):
    _save(sheet, cadre, row, PHONE, "13911112222")
    row.refresh_from_db()
    assert crypto.decrypt(PHONE, row.cells[PHONE]["v"]) == "13911112222"
    assert "13911112222" not in str(CellEdit.objects.get().after)


def test_typing_what_stands_there_confirms_it(sheet, cadre, row):
    _save(sheet, cadre, row, PHONE, "138 0000 0000")
    row.refresh_from_db()
    assert row.cells[PHONE]["t"] == "confirmed"
    assert row.cells[PHONE]["s"] == "register"


def test_a_colleagues_change_is_not_overwritten(sheet, cadre, row):
    colleague = PostingFactory(area__code=VILLAGE).user
    _save(sheet, colleague, row, NEED, "与子女同住")
    saved = _save(sheet, cadre, row, NEED, "独居", version=1)
    row.refresh_from_db()
    assert [(refused.key, refused.mine) for refused in saved.refused] == [(NEED, "独居")]
    assert row.cells[NEED]["v"] == "与子女同住"


def test_another_cell_of_the_row_can_be_saved_at_the_same_time(sheet, cadre, row):
    _save(sheet, cadre, row, NEED, "独居", version=1)
    assert not _save(sheet, cadre, row, PHONE, "13911112222", version=1).refused


def test_saving_twice_is_one_change(sheet, cadre, row):
    _save(sheet, cadre, row, NEED, "独居")
    _save(sheet, cadre, row, NEED, "独居", version=2)
    assert CellEdit.objects.count() == 1


def test_undo_brings_back_what_was(sheet, cadre, row):
    before = dict(row.cells)
    saved = _save(sheet, cadre, row, PHONE, "13911112222")
    filling.undo(sheet=sheet, batch=saved.batch, by=cadre)
    row.refresh_from_db()
    assert crypto.decrypt(PHONE, row.cells[PHONE]["v"]) == crypto.decrypt(PHONE, before[PHONE]["v"])
    assert row.cells[PHONE]["t"] == "prefilled"


def test_only_finished_rows_are_confirmed(sheet, cadre, row):
    _save(sheet, cadre, row, NEED, "独居")
    versions = dict(sheet.rows.values_list("pk", "version"))
    saved = filling.confirm_rows(sheet=sheet, versions=versions, by=cadre)
    row.refresh_from_db()
    assert (saved.skipped, row.unconfirmed) == (1, 0)


def test_values_past_their_term_are_confirmed_one_by_one(sheet, cadre, row):
    for each in sheet.rows.all():
        _save(sheet, cadre, each, NEED, "独居")
    row.refresh_from_db()
    row.cells["person.name"]["d"] = "2021-01-01"
    row.save()
    filling.plan_columns(sheet)["person.name"].element.__class__.objects.update(freshness_days=180)
    versions = dict(sheet.rows.values_list("pk", "version"))
    assert filling.confirm_rows(sheet=sheet, versions=versions, by=cadre).old == 1
    assert filling.confirm_rows(sheet=sheet, versions={row.pk: row.version}, by=cadre).changed == 1


def test_a_sheet_with_gaps_is_not_handed_in(sheet, cadre):
    with pytest.raises(DomainError, match="2 行有必填项没有填"):
        filling.submit_sheet(sheet=sheet, by=cadre)
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.OPEN


def test_what_was_said_becomes_part_of_the_register_once(sheet, cadre, row):
    for each in sheet.rows.all():
        _save(sheet, cadre, each, NEED, "独居")
    row.refresh_from_db()
    _save(sheet, cadre, row, PHONE, "13911112222")
    filling.submit_sheet(sheet=sheet, by=cadre)
    person = Person.objects.get(pk=row.person_id)
    assert crypto.decrypt(PHONE, person.phone) == "13911112222"
    assert (person.facts[NEED]["v"], person.facts[NEED]["s"]) == ("独居", "village")
    assert person.history.first().history_user == cadre
    with pytest.raises(NotAllowed, match="已提交"):
        filling.submit_sheet(sheet=sheet, by=cadre)


def test_an_id_number_that_is_somebody_elses_does_not_enter_the_register(cadre, sheet, row):
    number = "310230196209047926"
    PersonFactory(id_number="x", id_index=crypto.blind_index("person.id_number", number))
    record_answers(answers={row.person_id: {"person.id_number": (number, True)}}, day=date(2026, 11, 23), by=cadre)
    person = Person.objects.get(pk=row.person_id)
    assert person.id_number == ""
    assert person.facts["person.id_number"]["alt"]["s"] == "village"


def test_figures_follow_what_was_typed(sheet, cadre, row):
    _save(sheet, cadre, row, NEED, "独居")
    figure = SheetFigure.objects.get(column__key=NEED)
    assert (figure.rows, figure.typed, figure.empty) == (2, 1, 1)


@pytest.mark.parametrize(
    "posting", [{"area__code": "310151101202"}, {"role": Role.TOWN_ADMIN, "area__code": "310151101"}]
)
def test_others_may_not_write(sheet, row, posting):
    AreaFactory(code="310151101202")
    with pytest.raises(NotAllowed, match="本村居的填报员"):
        _save(sheet, PostingFactory(**{"area__code": VILLAGE} | posting).user, row, NEED, "独居")


def test_handing_in_fills_what_it_says_by_itself_and_leaves_what_was_typed(sheet, cadre, row):
    for element in ("record.seq", "record.filler_name", "record.fill_date"):
        PlanColumnFactory(plan=sheet.plan, key=f"field:{element}", element__id=element, is_required=True)
    for each in sheet.rows.all():
        _save(sheet, cadre, each, NEED, "独居")
    row.refresh_from_db()
    _save(sheet, cadre, row, "field:record.filler_name", "代填人")
    filling.submit_sheet(sheet=sheet, by=cadre)
    first, second = sheet.rows.order_by("ordinal", "pk")
    names = {each.title: each.cells["field:record.filler_name"]["v"] for each in (first, second)}
    assert names == {"施玉芳": "代填人", "黄杏珍": cadre.name}
    assert [each.cells["field:record.seq"]["v"] for each in (first, second)] == ["1", "2"]
    assert first.cells["field:record.fill_date"]["v"] == timezone.localdate().isoformat()
    assert first.gaps == second.gaps == 0
