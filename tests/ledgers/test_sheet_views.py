"""What a browser, or somebody who only looks like one, can send to a sheet: answered in a sentence, never a crash."""

import json
import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.roles import Role
from apps.collection.models import Dwelling, Residency, StandardAddress
from apps.core import crypto
from apps.ledgers.models import CellEdit, CollectionSheet, SheetRow
from apps.ledgers.services import filling, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import AreaFactory, PersonFactory, PlanColumnFactory, PlanFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE, NEIGHBOUR = "310151101201", "310151101202"
ID, REMARK, VISIT = "person.id_number", "field:remark", "field:visit"
NUMBER = "310230196209047926"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def cadre(client):
    user = PostingFactory(area__code=VILLAGE, user__name="施玉芳").user
    client.force_login(user)
    return user


def _plan(**values):
    plan = PlanFactory(**values)
    PlanColumnFactory(plan=plan, key="person.name", data_type="name")
    PlanColumnFactory(plan=plan, key=ID, data_type="id_number", element__is_encrypted=True)
    PlanColumnFactory(plan=plan, key=VISIT, element=None, data_type="date", is_required=True)
    PlanColumnFactory(plan=plan, key=REMARK, element=None)
    return plan


@pytest.fixture
def sheet(cadre):
    for code in ("310151101", VILLAGE, NEIGHBOUR):
        AreaFactory(code=code)
    index = crypto.blind_index(ID, NUMBER)
    PersonFactory(name="黄杏珍", id_number=crypto.encrypt(ID, NUMBER), id_index=index)
    PersonFactory(name="袁惠芳")
    PersonFactory(name="外村人", area_code=NEIGHBOUR)
    prefilling.fill_villages(plan=_plan(), villages=[VILLAGE, NEIGHBOUR], as_of=date(2026, 11, 23))
    return CollectionSheet.objects.get(area=VILLAGE)


@pytest.fixture
def row(sheet):
    return sheet.rows.get(title="黄杏珍")


@pytest.fixture
def send(client, sheet):
    """Posts JSON as static/js/grid/saver.js does."""

    def post(body, name="save", of=None):
        url = reverse(f"ledgers:sheet_{name}", args=[(of or sheet).pk])
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(url, text, content_type="application/json", headers={"accept": "application/json"})

    return post


def _edit(row, key=REMARK, value="住院", version=1, **more):
    return {"row": row.pk, "key": key, "version": version, "value": value, **more}


def _cells(answer, row):
    [shown] = [each for each in answer.json()["rows"] if each["id"] == row.pk]
    return {cell["key"]: cell for cell in shown["cells"]}


def test_a_save_answers_with_the_row_its_figures_and_a_way_back(send, row):
    answer = send({"edits": [_edit(row), _edit(row, VISIT, "2026.11.5")]})
    assert answer.status_code == 200
    cells = _cells(answer, row)
    assert (cells[VISIT]["value"], cells[VISIT]["state"], cells[VISIT]["accepted"]) == ("2026-11-05", "typed", True)
    assert answer.json()["changed"] == 2
    assert answer.json()["progress"]["gaps"] == 1
    undone = send({"undo": answer.json()["undo"]}, "undo")
    assert undone.json()["message"] == "已撤销"
    assert _cells(undone, row)[VISIT]["state"] == "empty"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        b"\xff\xfe",
        {},
        {"edits": None},
        {"edits": "abc"},
        {"edits": [1]},
        {"edits": [{"row": 1}]},
        {"edits": [{"row": "1", "key": "a", "version": 1}]},
        {"edits": [{"row": 10**30, "key": "a", "version": 1}]},
        {"edits": [{"row": -1, "key": "a", "version": 1}]},
        {"edits": [{"row": True, "key": "a", "version": 1}]},
        '{"edits": [{"row": 1e999, "key": "a", "version": 1}]}',
        {"edits": [{"row": 1, "key": "a", "version": 1, "value": ["x"]}]},
        {"edits": [{"row": 1, "key": "a", "version": 1, "choose": "both"}]},
        {"edits": [], "batch": "not a uuid"},
        {"edits": [], "batch": 7},
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(send, body):
    answer = send(body)
    assert answer.status_code == 422
    assert "保存的内容" in answer.json()["message"]


@pytest.mark.parametrize("name", ["confirm", "undo"])
@pytest.mark.parametrize("body", ["{", "[]", {}, {"rows": [{"id": "x", "version": 1}]}, {"rows": 5, "undo": "x"}])
def test_so_are_confirming_and_undoing(send, name, body):
    assert send(body, name).status_code == 422


def test_too_many_cells_are_refused_and_none_is_saved_by_half(send, row):
    answer = send({"edits": [_edit(row)] * 10_001})
    assert answer.status_code == 422
    assert answer.json()["message"] == "一次最多保存 10,000 格，现为 10,001 格"
    assert not CellEdit.objects.exists()


def test_a_body_beyond_the_limit_gets_a_sentence(send, row):
    answer = send({"edits": [_edit(row, value="字" * 1_000_000)]})
    assert answer.status_code == 422
    assert answer.json()["message"] == "一次保存的内容太多"


def test_a_cell_of_a_megabyte_keeps_its_beginning_and_a_sentence(send, row):
    cell = _cells(send({"edits": [_edit(row, value="x" * 1_000_000)]}), row)[REMARK]
    assert (cell["state"], len(cell["value"])) == ("error", 500)
    assert cell["error"] == "一格最多 500 字，现为 1,000,000 字，只留下了开头"


@pytest.mark.parametrize("value", ["住院\x00", "\ud800住院", "住\u200b院\u202e"])
def test_characters_no_database_takes_are_left_out(send, row, value):
    for key in (REMARK, VISIT):
        answer = send({"edits": [_edit(row, key, value)]})
        assert answer.status_code == 200
        assert _cells(answer, row)[key]["value"] == "住院"


def test_rows_and_columns_that_are_not_the_sheets_are_left_out_and_counted(send, sheet, row):
    foreign = SheetRow.objects.get(title="外村人")
    PlanColumnFactory(plan=PlanFactory(), key="field:other", element=None)
    answer = send({"edits": [_edit(foreign), _edit(row, "field:other"), _edit(row, value="在家")]})
    assert (answer.status_code, answer.json()["skipped"], answer.json()["changed"]) == (200, 2, 1)
    assert [each["id"] for each in answer.json()["rows"]] == [row.pk]
    foreign.refresh_from_db()
    row.refresh_from_db()
    assert REMARK not in foreign.cells
    assert "field:other" not in row.cells
    assert send({"rows": [{"id": foreign.pk, "version": 1}]}, "confirm").json()["rows"] == []


@pytest.mark.parametrize("name", ["save", "confirm", "undo", "submit"])
def test_another_villages_sheet_is_not_there(send, name):
    assert send({}, name, of=CollectionSheet.objects.get(area=NEIGHBOUR)).status_code == 404


def test_another_sheets_row_has_no_form_here(client, sheet):
    foreign = SheetRow.objects.get(title="外村人")
    assert client.get(reverse("ledgers:sheet_person", args=[sheet.pk, foreign.pk])).status_code == 404
    assert client.get(reverse("ledgers:sheet_person", args=[foreign.sheet_id, foreign.pk])).status_code == 404


def test_the_town_reads_and_is_told_why_it_cannot_write(client, send, sheet, row):
    client.force_login(PostingFactory(role=Role.TOWN_ADMIN, area__code="310151101").user)
    assert client.get(sheet.get_absolute_url()).status_code == 200
    answer = send({"edits": [_edit(row)]})
    assert (answer.status_code, answer.json()["message"]) == (403, "只有本村居的填报员可以填写这份台账")


def test_markup_in_a_value_stays_text(client, send, sheet, row):
    name = SheetRow.objects.get(title="袁惠芳")
    SheetRow.objects.filter(pk=name.pk).update(title=SCRIPT, subtitle=SCRIPT)
    answer = send({"edits": [_edit(row, value=SCRIPT), _edit(row, VISIT, SCRIPT)]})
    assert _cells(answer, row)[REMARK]["value"] == SCRIPT
    assert _cells(answer, row)[VISIT]["state"] == "error"
    for url in (sheet.get_absolute_url(), reverse("ledgers:sheet_person", args=[sheet.pk, row.pk])):
        page = client.get(url).content.decode()
        assert SCRIPT not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_masked_number_sent_back_changes_nothing(send, row):
    answer = send({"edits": [_edit(row, ID, "310230********7926")]})
    assert (_cells(answer, row)[ID]["state"], answer.json()["changed"]) == ("prefilled", 0)
    wrong = send({"edits": [_edit(row, ID, "310230********1111")]})
    assert "带有星号" in _cells(wrong, row)[ID]["error"]
    row.refresh_from_db()
    assert NUMBER not in str(row.cells)


def test_the_second_of_two_people_sees_both_values_and_nothing_is_overwritten(send, sheet, row):
    colleague = PostingFactory(area__code=VILLAGE, user__name="倪秀兰").user
    filling.save_cells(sheet=sheet, edits=[Edit(row.pk, REMARK, 1, "已出院")], by=colleague)
    answer = send({"edits": [_edit(row, value="住院", version=1)]})
    cell = _cells(answer, row)[REMARK]
    assert (cell["value"], cell["alt_value"], cell["alt_source"]) == ("已出院", "住院", "本人")
    assert (cell["state"], cell["accepted"]) == ("conflict", False)
    assert cell["source_name"].startswith("倪秀兰填写，")
    assert answer.json()["undo"] == ""


def test_a_colleagues_act_cannot_be_undone(send, sheet, row):
    colleague = PostingFactory(area__code=VILLAGE).user
    saved = filling.save_cells(sheet=sheet, edits=[Edit(row.pk, REMARK, 1, "已出院")], by=colleague)
    for batch in (saved.batch, uuid.uuid4()):
        answer = send({"undo": str(batch)}, "undo")
        assert (answer.status_code, answer.json()["message"]) == (422, "没有可撤销的操作")


def test_an_act_in_two_requests_is_undone_as_one(send, row):
    first = send({"edits": [_edit(row)]}).json()["undo"]
    assert send({"edits": [_edit(row, VISIT, "2026-11-05", version=2)], "batch": first}).json()["undo"] == first
    undone = send({"undo": first}, "undo")
    assert undone.json()["changed"] == 2


def test_handing_in_twice_is_once_and_says_by_whom(client, sheet, row):
    for each in sheet.rows.all():
        by = PostingFactory(area__code=VILLAGE).user
        filling.save_cells(sheet=sheet, edits=[Edit(each.pk, VISIT, 1, "2026-11-05")], by=by)
    url = reverse("ledgers:sheet_submit", args=[sheet.pk])
    assert client.post(url)["Location"] == reverse("portal:workbench")
    again = client.post(url, follow=True)
    assert "已由施玉芳提交" in again.content.decode()
    assert sheet.submissions.count() == 1


def test_handing_in_with_gaps_leads_to_them(client, sheet):
    answer = client.post(reverse("ledgers:sheet_submit", args=[sheet.pk]))
    assert answer["Location"].endswith("?filter=gap")


@pytest.mark.parametrize("query", ["after=²", "after=-1", "after=99999999999", "at=x", "filter=bad", "filter=error"])
def test_a_page_takes_any_address(client, sheet, query):
    assert client.get(f"{sheet.get_absolute_url()}?{query}").status_code == 200


def test_a_page_and_a_save_cost_the_same_queries_for_two_and_for_two_hundred_rows(client, send, sheet):
    def cost(rows):
        edits = {"edits": [_edit(each, version=each.version, value=f"{uuid.uuid4()}") for each in rows]}
        with CaptureQueriesContext(connection) as page:
            client.get(f"{sheet.get_absolute_url()}?filter=all")
        with CaptureQueriesContext(connection) as save:
            assert send(edits).status_code == 200
        return len(page), len(save)

    few = cost(sheet.rows.all())
    for _ in range(198):
        PersonFactory()
    prefilling.fill_villages(plan=sheet.plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    assert sheet.rows.count() == 200
    assert cost(sheet.rows.all()) == few


# ---- one person's form


def test_the_form_stays_on_a_wrong_value_and_goes_on_after_a_good_one(client, sheet, row):
    url = reverse("ledgers:sheet_person", args=[sheet.pk, row.pk])
    assert client.post(url, {"version": "x", VISIT: "2026-13-05"})["Location"] == url
    assert "月份应为 1 至 12" in client.get(url).content.decode()
    other = sheet.rows.get(title="袁惠芳")
    answer = client.post(url, {"version": 2, f"was:{VISIT}": "2026-13-05", VISIT: "2026-11-05"})
    assert answer["Location"] == reverse("ledgers:sheet_person", args=[sheet.pk, other.pk])


def test_the_form_says_what_a_colleague_wrote_and_keeps_it(client, sheet, row):
    colleague = PostingFactory(area__code=VILLAGE, user__name="倪秀兰").user
    filling.save_cells(sheet=sheet, edits=[Edit(row.pk, REMARK, 1, "已出院")], by=colleague)
    url = reverse("ledgers:sheet_person", args=[sheet.pk, row.pk])
    page = client.post(url, {"version": 1, REMARK: "住院", "act": "save"}, follow=True).content.decode()
    assert "同事刚改为“已出院”（倪秀兰填写" in page
    assert "您填的“住院”没有保存" in page


# ---- people the village names itself


@pytest.fixture
def named(sheet):
    prefilling.fill_villages(plan=_plan(population="manual"), villages=[VILLAGE], as_of=date(2026, 11, 23))
    return CollectionSheet.objects.get(plan__population="manual")


def _search(client, sheet, words, **more):
    return client.post(reverse("ledgers:sheet_people", args=[sheet.pk]), {"q": words, **more}).content.decode()


@pytest.mark.parametrize("words", ["杏珍", "7926", NUMBER, "310230 1962 0904 7926", "3组", " 黄 杏珍"])
def test_a_person_is_found_by_name_number_and_address(client, named, row, words):
    address = StandardAddress.objects.create(area_code=VILLAGE, text="沈镇村3组12号", normalised="沈镇村3组12号")
    dwelling = Dwelling.objects.create(area_code=VILLAGE, address=address)
    Residency.objects.create(person_id=row.person_id, dwelling=dwelling, valid_from=date(2026, 1, 1))
    page = _search(client, named, words)
    assert "黄杏珍" in page
    assert "310230********7926" in page
    assert NUMBER not in page.replace(f'value="{words}"', "").replace(f"“{words}”", "")
    assert "外村人" not in page


@pytest.mark.parametrize("words", ["外村人", "1111", "%", "310230196209047927"])
def test_nobody_of_another_village_is_found(client, named, words):
    assert "没有找到" in _search(client, named, words)


def test_who_is_added_has_a_prefilled_row_once_and_can_be_taken_off(client, named, row):
    for _ in range(2):
        assert "已把黄杏珍加入台账" in _search(client, named, "杏珍", person=row.person_id)
    added = named.rows.get()
    assert (added.cells["person.name"]["v"], added.gaps) == ("黄杏珍", 1)
    client.post(reverse("ledgers:sheet_remove", args=[named.pk, added.pk]))
    assert not named.rows.exists()
    assert SheetRow.objects.filter(pk=row.pk).exists()


def test_only_the_villages_own_people_and_only_on_such_a_sheet(client, sheet, named, row):
    foreign = SheetRow.objects.get(title="外村人").person_id
    answer = client.post(reverse("ledgers:sheet_people", args=[named.pk]), {"person": foreign})
    assert answer.status_code == 404
    answer = client.post(reverse("ledgers:sheet_people", args=[sheet.pk]), {"person": row.person_id})
    assert (answer.status_code, "不能逐人添加" in answer.content.decode()) == (422, True)
    answer = client.post(reverse("ledgers:sheet_remove", args=[sheet.pk, row.pk]))
    assert answer.status_code == 422
    assert sheet.rows.filter(pk=row.pk).exists()
