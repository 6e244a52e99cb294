"""Leaving the grid, losing the network, two people in one sheet, handing it in: nothing that was typed is lost."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from apps.accounts.models import User
from apps.ledgers.models import CollectionSheet, SheetRow, SheetStatus
from apps.ledgers.services import filling
from apps.ledgers.services.filling import Edit
from tests.browser import grid_sheet
from tests.browser.grid_page import Grid, has

pytest_plugins = ["tests.browser.grid_fixtures"]
PHONE = "person.phone"
DRAFTS = "() => Object.entries(localStorage).filter(([name]) => name.startsWith('ledger:'))"


@pytest.fixture
def grid(cadre, sheet) -> Grid:
    return Grid(cadre(), sheet)


@pytest.fixture
def colleague(site, sheet):
    """Types into a cell as the other cadre of the village, behind the page's back."""

    def types(number: int, key: str, value: str) -> None:
        with site.orm():
            by = User.objects.get(username=grid_sheet.COLLEAGUE)
            row = SheetRow.objects.filter(sheet=sheet).order_by("ordinal")[number]
            edit = Edit(row.pk, key, row.version, value)
            filling.save_cells(sheet=CollectionSheet.objects.get(pk=sheet), edits=[edit], by=by)

    return types


def _complete(site, sheet: int) -> None:
    """Fill all gaps and settle what differs, so that the sheet may be handed in."""
    with site.orm():
        by = User.objects.get(username=grid_sheet.CADRE)
        found = CollectionSheet.objects.get(pk=sheet)
        edits = []
        for row in found.rows.all():
            edits.append(Edit(row.pk, "field:visit", row.version, "2026-11-05"))
            edits.append(Edit(row.pk, "field:meal", row.version, "堂吃"))
            if row.conflicts:
                edits.append(Edit(row.pk, "person.residence_address", row.version, choose="current"))
        filling.save_cells(sheet=found, edits=edits, by=by)


def _expected(problems: list[str], words: str) -> None:
    """Take the browser's own log line of an expected refusal off the list."""
    assert any(words in problem for problem in problems)
    problems[:] = [problem for problem in problems if words not in problem]


# ---- no network, no session


def test_what_is_typed_without_a_network_survives_the_page_and_is_sent(grid, problems):
    page, context = grid.page, grid.page.context
    context.set_offline(True)
    grid.type(5, "联系电话", "13912345678")
    grid.type(6, "备注", "儿子在外地")
    expect(grid.state).to_have_text("未保存：网络已断开，内容留在本机")
    assert len(page.evaluate(DRAFTS)) == 1
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = Grid(context.new_page(), grid.sheet)
    expect(again.results).to_contain_text("找回上次没有保存的 2 格")
    expect(again.cell(5, "联系电话")).to_contain_text("13912345678")
    again.saved()
    expect(again.cell(6, "备注").locator("small")).to_have_text(re.compile("^本人 "))
    assert again.page.evaluate(DRAFTS) == []
    _expected(problems, "ERR_INTERNET_DISCONNECTED")


def test_it_is_sent_by_itself_when_the_network_is_back(grid, problems):
    grid.page.context.set_offline(True)
    grid.type(5, "备注", "住院")
    expect(grid.state).to_have_attribute("data-state", "offline")
    grid.page.context.set_offline(False)
    grid.saved()
    assert grid.page.evaluate(DRAFTS) == []
    _expected(problems, "ERR_INTERNET_DISCONNECTED")


def test_a_server_that_does_not_answer_is_tried_again(grid, problems):
    grid.page.route("**/save/", lambda route: route.fulfill(status=502, body="bad gateway"))
    grid.type(5, "备注", "住院")
    expect(grid.state).to_have_text("未保存：服务器暂时没有应答，内容留在本机")
    grid.page.on("dialog", lambda dialog: dialog.accept())
    grid.page.reload()
    grid = Grid(grid.page, grid.sheet, is_open=True)
    expect(grid.cell(5, "备注")).to_contain_text("住院")
    grid.page.unroute("**/save/")
    grid.saved()
    expect(grid.cell(5, "备注").locator("small")).to_have_text(re.compile("^本人 "))
    _expected(problems, "502")
    problems[:] = [problem for problem in problems if "beforeunload" not in problem]  # no gesture on the new page yet


def test_what_is_typed_after_the_session_ended_comes_back_after_logging_in(log_in, site, sheet):
    grid = Grid(log_in(grid_sheet.CADRE), sheet)
    [session] = [each["value"] for each in grid.page.context.cookies() if each["name"] == "sessionid"]
    with site.orm():
        Session.objects.filter(pk=session).delete()
    grid.type(5, "备注", "等女儿来电")
    expect(grid.state).to_have_text("未保存：登录已过期，内容留在本机")
    expect(grid.cell(5, "备注")).to_contain_text("等女儿来电")
    page = grid.page
    page.get_by_role("link", name="重新登录").click()
    page.get_by_label("用户名").fill(grid_sheet.CADRE)
    page.locator("#id_password").fill(grid_sheet.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**/sheets/{sheet}/")
    grid = Grid(page, sheet, is_open=True)
    grid.saved()
    expect(grid.cell(5, "备注").locator("small")).to_have_text(re.compile("^本人 "))


def test_three_days_wipe_what_was_kept(grid):
    page = grid.page
    old = {"at": 0, "edits": [{"row": 1, "key": "field:remark", "version": 1, "value": "旧"}]}
    page.evaluate("draft => localStorage.setItem('ledger:1:1:old', JSON.stringify(draft))", old)
    Grid(page, grid.sheet)
    assert page.evaluate(DRAFTS) == []


def test_signing_out_wipes_what_was_kept(log_in, sheet, problems):
    grid = Grid(log_in(grid_sheet.COLLEAGUE), sheet)
    grid.page.route("**/save/", lambda route: route.fulfill(status=502, body="bad gateway"))
    grid.type(5, "备注", "住院")
    expect(grid.state).to_have_attribute("data-state", "offline")
    assert len(grid.page.evaluate(DRAFTS)) == 1
    grid.page.on("dialog", lambda dialog: dialog.accept())
    grid.page.locator(".menu summary").click()
    grid.page.get_by_role("button", name="退出登录").click()
    expect(grid.page.get_by_label("用户名")).to_be_visible()
    assert grid.page.evaluate(DRAFTS) == []
    _expected(problems, "502")


# ---- two people


def test_a_colleagues_value_and_mine_are_both_shown(grid, colleague):
    colleague(5, PHONE, "13700000001")
    grid.type(5, "联系电话", "13912345678")
    expect(grid.results).to_contain_text("同事先填了“13700000001”，您填的“13912345678”还没有保存，只留在本机，请选一个")
    cell = grid.cell(5, "联系电话")
    expect(cell).to_have_class(has("conflict"))
    expect(cell).to_contain_text("13700000001")
    expect(grid.left(5)).to_have_text("来源不一致")
    grid.go(5, "联系电话")
    expect(grid.bar).to_contain_text("倪秀兰填写")
    expect(grid.bar).to_contain_text("本人为“13912345678”")
    grid.bar.get_by_role("button", name="采用本人").click()
    expect(cell).to_contain_text("13912345678")
    grid.saved()
    expect(cell.locator("small")).to_have_text(re.compile("^本人 "))
    expect(grid.left(5)).to_have_text("待填 2 项")


def test_my_value_beside_a_colleagues_is_still_there_after_a_reload(grid, colleague, problems):
    colleague(5, PHONE, "13700000001")
    grid.type(5, "联系电话", "13912345678")
    expect(grid.left(5)).to_have_text("来源不一致")
    grid.page.on("dialog", lambda dialog: dialog.accept())
    grid.page.reload()
    grid = Grid(grid.page, grid.sheet, is_open=True)
    expect(grid.results).to_contain_text("有 1 格同事改过，您填的还没有保存，请选一个")
    expect(grid.cell(5, "联系电话")).to_contain_text("13700000001")
    expect(grid.left(5)).to_have_text("来源不一致")
    grid.go(5, "联系电话")
    expect(grid.bar).to_contain_text("基本信息 · 联系电话")
    grid.bar.get_by_role("button", name="采用本人").click()
    grid.saved()
    expect(grid.cell(5, "联系电话")).to_contain_text("13912345678")
    expect(grid.left(5)).to_have_text("待填 2 项")
    assert grid.page.evaluate(DRAFTS) == []
    problems[:] = [problem for problem in problems if "beforeunload" not in problem]


def test_another_cell_of_the_row_does_not_disturb(grid, colleague):
    colleague(5, "field:visit", "2026-11-09")
    grid.type(5, "备注", "住院")
    grid.saved()
    expect(grid.cell(5, "最近走访")).to_contain_text("2026-11-09")
    expect(grid.cell(5, "最近走访").locator("small")).to_have_text(re.compile("^倪秀兰 "))


def test_undo_leaves_what_a_colleague_changed_since(grid, colleague):
    grid.type(5, "备注", "住院")
    grid.saved()
    colleague(5, "field:remark", "已出院")
    grid.press("Control+z")
    expect(grid.results).to_contain_text("已撤销；另有 1 格之后又改过，没有撤销")
    expect(grid.cell(5, "备注")).to_contain_text("已出院")


# ---- handing in


def test_handing_in_goes_to_the_first_thing_left(grid):
    grid.type(7, "备注", "住院")  # not yet saved when the button is pressed
    grid.page.get_by_role("button", name="提交台账").click()
    expect(grid.results).to_contain_text("还有 3 处来源不一致、80 项待填，处理完再提交")
    grid.active(0, "现住地址")


def test_a_complete_sheet_is_handed_in_once(cadre, site, sheet):
    _complete(site, sheet)
    grid = Grid(cadre(), sheet)
    grid.type(5, "备注", "住院")
    grid.page.locator("#submit-form button").click()
    dialog = grid.page.locator("#submit-dialog")
    expect(dialog).to_contain_text("共 40 人。还有 40 人未逐一核对，按预填的值提交。")
    dialog.get_by_role("button", name="不提交").click()
    grid.page.locator("#submit-form button").click()
    dialog.get_by_role("button", name="提交台账").dblclick()
    grid.page.wait_for_url(f"{site.url}/")
    expect(grid.page.locator("main")).to_contain_text("《老年人关爱服务台账》已提交")
    with site.orm():
        found = CollectionSheet.objects.get(pk=sheet)
        assert (found.status, found.submissions.count()) == (SheetStatus.SUBMITTED, 1)
        assert "住院" in str(list(found.rows.values_list("cells", flat=True)))
    page = grid.page
    page.goto(f"/ledgers/sheets/{sheet}/")
    expect(page.locator(".ledger-facts")).to_contain_text("已提交")
    expect(page.locator("#cell-input, .pick input, #submit-form")).to_have_count(0)
    expect(page.locator(".ledger-grid tbody tr")).to_have_count(40)


def test_a_sheet_that_a_colleague_handed_in_says_so_and_keeps_what_was_typed(cadre, site, sheet, problems):
    _complete(site, sheet)
    grid = Grid(cadre(), sheet)
    with site.orm():
        by = User.objects.get(username=grid_sheet.COLLEAGUE)
        filling.submit_sheet(sheet=CollectionSheet.objects.get(pk=sheet), by=by)
    grid.type(5, "备注", "住院")
    expect(grid.state).to_have_text("台账已由倪秀兰提交，这一格没有保存")
    expect(grid.cell(5, "备注")).to_have_text("住院没有保存")
    expect(grid.page.get_by_role("button", name="重新保存")).not_to_be_visible()
    assert len(grid.page.evaluate(DRAFTS)) == 1
    grid.page.get_by_role("button", name="放弃未保存的内容").click()
    expect(grid.page.locator(".ledger-facts")).to_contain_text("已提交")
    assert grid.page.evaluate(DRAFTS) == []
    _expected(problems, "409")


def test_the_town_reads_the_sheet_and_cannot_write(log_in, sheet):
    page = log_in("jiezhen")
    page.goto(f"/ledgers/sheets/{sheet}/")
    expect(page.locator(".ledger-grid tbody tr")).to_have_count(40)
    expect(page.locator("#cell-input, .pick input, #submit-form")).to_have_count(0)
    page.locator(".person-cell a").first.click()
    expect(page.locator(".person input:not([type=hidden]), .person select")).to_have_count(0)
