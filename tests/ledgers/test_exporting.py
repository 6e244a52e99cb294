"""Each department takes back its own form, filled with what the villages handed in, and nothing of its neighbour's."""

import io
from datetime import date, timedelta
from urllib.parse import quote

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.roles import Role
from apps.catalog.models import CodeItem, CodeSet, DataElement
from apps.core import crypto
from apps.core.errors import NotAllowed
from apps.core.models import RunStatus
from apps.ledgers.models import CollectionSheet, ExportRun, FormTemplate, SheetRow, SheetStatus, TemplateStatus
from apps.ledgers.services import exporting, merging, prefilling, templates
from apps.ledgers.workbooks import HeadingCell, build_template
from tests.factories import AreaFactory, DataElementFactory, DepartmentFactory, PersonFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE, NEIGHBOUR = "310151101201", "310151101202"
ID = "310230196209047926"
CIVIL = [
    HeadingCell("姓名", "本人"),
    HeadingCell("身份证号", "本人"),
    HeadingCell("出生日期（YYYYMMDD）", "本人"),
    HeadingCell("性别", "本人"),
    HeadingCell("月补贴"),
    HeadingCell("民政走访意见"),
]
HEALTH = [HeadingCell("身份证号码"), HeadingCell("老人姓名"), HeadingCell("血压"), HeadingCell("随访医生")]
ELEMENTS = {
    "姓名": "person.name",
    "老人姓名": "person.name",
    "身份证号": "person.id_number",
    "身份证号码": "person.id_number",
    "出生日期（YYYYMMDD）": "person.birth_date",
    "性别": "person.gender",
    "月补贴": "person.allowance",
}


@pytest.fixture(autouse=True)
def _elements():
    genders, _ = CodeSet.objects.get_or_create(code="gender", defaults={"name": "性别"})
    CodeItem.objects.get_or_create(code_set=genders, code="2", defaults={"name": "女", "position": 2})
    DataElementFactory(id="person.id_number", data_type="id_number", is_encrypted=True)
    DataElementFactory(id="person.birth_date", data_type="date")
    DataElementFactory(id="person.gender", data_type="code", code_set=genders)
    DataElementFactory(id="person.allowance", data_type="money")
    DataElementFactory(id="person.name", data_type="name")


def _clerk(department):
    return PostingFactory(role=Role.DEPARTMENT_CLERK, area=None, department=DepartmentFactory(code=department)).user


@pytest.fixture
def civil():
    return _clerk("civil-affairs")


@pytest.fixture
def health():
    return _clerk("health")


def _template(by, title, headings) -> FormTemplate:
    content = build_template(title, headings, department=title, note="按月更新")
    template = templates.upload_template(content=content, filename="a.xlsx", by=by)
    for field in template.fields.all():
        field.element = DataElement.objects.filter(pk=ELEMENTS.get(field.name)).first()
        field.decision = "confirmed" if field.element else "none"
        field.save()
    template.row_subject, template.population, template.period = "person", "all", "monthly"
    template.area, template.due_on = AreaFactory(), date(2026, 12, 31)
    template.status = TemplateStatus.READY
    template.save()
    merging.propose_merge(template=template)
    return template


@pytest.fixture
def plan(civil, health):
    """Two departments' forms, merged, prefilled in two villages; one of them has handed in."""
    for code in ("310151101", VILLAGE, NEIGHBOUR):
        AreaFactory(code=code)
    mine, theirs = _template(civil, "民政台账", CIVIL), _template(health, "卫健台账", HEALTH)
    token = crypto.encrypt("person.id_number", ID)
    PersonFactory(name="施玉芳", id_number=token, as_of=date(2026, 11, 1))
    PersonFactory(name="黄杏珍", area_code=NEIGHBOUR, as_of=date(2026, 11, 1))
    for template, clerk in ((mine, civil), (theirs, health)):
        merging.confirm_merge(member=template.membership, by=clerk)
    plan = mine.membership.plan
    plan.refresh_from_db()
    prefilling.fill_villages(plan=plan, villages=[VILLAGE, NEIGHBOUR], as_of=date(2026, 11, 23))
    CollectionSheet.objects.filter(area=VILLAGE).update(status=SheetStatus.SUBMITTED)
    return plan


@pytest.fixture
def mine(plan):
    return FormTemplate.objects.get(department="civil-affairs")


def _put(template, **values):
    """Write these values, by the names of the template's fields, into the row handed in."""
    row = SheetRow.objects.get(title="施玉芳")
    for field in template.fields.select_related("column"):
        if field.name in values:
            row.cells[field.column.key] = {"v": values[field.name], "s": "village", "d": "2026-11-23", "t": "typed"}
    row.save()


def _exported(template, by) -> ExportRun:
    run = exporting.request_export(template=template, by=by)
    exporting.run_export(run_id=run.pk)
    run.refresh_from_db()
    return run


def _sheet(run):
    return openpyxl.load_workbook(io.BytesIO(bytes(run.content))).active


def _texts(run) -> set[str]:
    return {str(cell.value) for row in _sheet(run).iter_rows() for cell in row if cell.value is not None}


def test_the_department_reads_its_own_layout_filled(mine, civil):
    _put(mine, **{"出生日期（YYYYMMDD）": "1962-09-04", "性别": "2", "月补贴": "350.50", "民政走访意见": "=1+1"})
    run = _exported(mine, civil)
    sheet = _sheet(run)
    assert [cell.value for cell in sheet[5]] == [1, "施玉芳", ID, "19620904", "女", 350.5, "=1+1"]
    assert [cell.data_type for cell in sheet[5]] == ["n", "s", "s", "s", "s", "n", "s"]
    assert [cell.value for cell in sheet[4]][1:] == [*(h.name for h in CIVIL[:4]), None, None]
    assert (sheet["A6"].value, sheet["B3"].value) == ("注：按月更新", "本人")
    assert (run.status, run.rows, run.percent) == (RunStatus.DONE, 1, 100)


def test_nothing_of_the_other_departments_own_fields_is_in_it(mine, civil, health):
    theirs = FormTemplate.objects.get(department="health")
    _put(mine, 民政走访意见="需要上门")
    _put(theirs, 血压="138/86", 随访医生="沈医生")
    assert _texts(_exported(mine, civil)).isdisjoint({"138/86", "沈医生", "血压", "随访医生"})
    texts = _texts(_exported(theirs, health))
    assert {"138/86", "沈医生", ID, "施玉芳"} <= texts
    assert texts.isdisjoint({"需要上门", "民政走访意见", "月补贴"})


def test_only_what_was_handed_in_and_lies_in_the_forms_area_is_in_it(mine, civil):
    assert "黄杏珍" not in _texts(_exported(mine, civil))
    CollectionSheet.objects.filter(area=NEIGHBOUR).update(status=SheetStatus.ACCEPTED)
    assert "黄杏珍" in _texts(_exported(mine, civil))


@pytest.mark.parametrize("value", ["2026-02-30", "2026", "2026-05"])
def test_a_day_that_is_none_stays_as_it_was_written(mine, civil, value):
    _put(mine, **{"出生日期（YYYYMMDD）": value})
    assert _sheet(_exported(mine, civil))["D5"].value == value


@pytest.mark.parametrize(("value", "read"), [("007", "007"), ("1" * 18, "1" * 18), ("12", 12), ("约三百", "约三百")])
def test_a_number_is_one_only_when_it_loses_nothing(mine, civil, value, read):
    _put(mine, 月补贴=value)
    assert _sheet(_exported(mine, civil))["F5"].value == read


def test_without_rows_the_form_comes_back_empty(mine, civil):
    CollectionSheet.objects.update(status=SheetStatus.OPEN)
    run = _exported(mine, civil)
    assert run.rows == 0
    assert _sheet(run)["A6"].value == "注：按月更新"


def test_a_file_made_earlier_stays_as_it_was(mine, civil, client):
    before = _exported(mine, civil)
    _put(mine, 民政走访意见="后来填的")
    after = _exported(mine, civil)
    assert "后来填的" in _texts(after)
    client.force_login(civil)
    earlier = client.get(reverse("ledgers:download", args=[before.pk]))
    assert earlier.content == bytes(before.content)
    stamp = f"民政台账-截至{timezone.localtime(before.started_at):%Y%m%d-%H%M}.xlsx"
    assert quote(stamp) in earlier["Content-Disposition"]
    page = client.get(mine.get_absolute_url()).content.decode()
    assert f"数据截至 {timezone.localtime(after.started_at):%Y-%m-%d %H:%M}" in page


def test_a_second_message_makes_no_second_file(mine, civil):
    run = _exported(mine, civil)
    exporting.run_export(run_id=run.pk)
    assert ExportRun.objects.get().content == run.content


def test_asking_twice_waits_for_one_file(mine, civil):
    first = exporting.request_export(template=mine, by=civil)
    assert exporting.request_export(template=mine, by=civil) == first


def _lose_the_worker(run):
    """A worker took the run and died: its lease has run out."""
    claimed = ExportRun.claim(run.pk)
    ExportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    return claimed


def test_a_run_is_taken_over_from_a_worker_that_died(mine, civil):
    run = exporting.request_export(template=mine, by=civil)
    _lose_the_worker(run)
    assert run in ExportRun.objects.stranded()
    exporting.run_export(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.rows) == (RunStatus.DONE, 2, 1)


def test_a_worker_thought_dead_does_not_overwrite_the_file(mine, civil):
    run = exporting.request_export(template=mine, by=civil)
    late = _lose_the_worker(run)
    exporting.run_export(run_id=run.pk)
    _put(mine, 民政走访意见="迟到的")
    exporting.fill_claimed(run=late)
    run.refresh_from_db()
    assert run.attempts == 2
    assert "迟到的" not in _texts(run)


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.FAILED])
def test_what_is_not_finished_cannot_be_downloaded(mine, civil, client, status):
    run = exporting.request_export(template=mine, by=civil)
    ExportRun.objects.filter(pk=run.pk).update(status=status, started_at=timezone.now())
    client.force_login(civil)
    assert client.get(reverse("ledgers:download", args=[run.pk])).status_code == 404


def test_only_the_departments_own_clerk_asks_and_downloads(mine, civil, health, client):
    run = _exported(mine, civil)
    for outsider in (health, PostingFactory().user, PostingFactory(role=Role.TOWN_ADMIN, area__code="310151101").user):
        with pytest.raises(NotAllowed, match="只能下载本部门的台账"):
            exporting.request_export(template=mine, by=outsider)
        client.force_login(outsider)
        assert client.get(reverse("ledgers:download", args=[run.pk])).status_code == 404
        assert client.get(reverse("ledgers:export_progress", args=[run.pk])).status_code == 404
    client.force_login(civil)
    answer = client.get(reverse("ledgers:download", args=[run.pk]))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_who_has_left_the_department_downloads_no_more(mine, civil, client):
    run = _exported(mine, civil)
    civil.posting.valid_until = date(2026, 1, 2)
    civil.posting.save()
    client.force_login(type(civil).objects.get(pk=civil.pk))
    assert client.get(reverse("ledgers:download", args=[run.pk])).status_code == 403


def test_a_form_not_yet_sent_down_has_nothing_to_download(civil):
    content = build_template("名册", [HeadingCell("姓名"), HeadingCell("电话")])
    template = templates.upload_template(content=content, filename="a.xlsx", by=civil)
    with pytest.raises(NotAllowed, match="还没有下发"):
        exporting.request_export(template=template, by=civil)


def test_many_rows_cost_the_same_queries(mine, civil, django_assert_max_num_queries):
    sheet = CollectionSheet.objects.get(area=VILLAGE)
    SheetRow.objects.bulk_create(SheetRow(sheet=sheet, ordinal=10 + n, title=str(n), cells={}) for n in range(3000))
    run = exporting.request_export(template=mine, by=civil)
    with django_assert_max_num_queries(12):
        exporting.run_export(run_id=run.pk)
    run.refresh_from_db()
    assert run.rows == 3001
