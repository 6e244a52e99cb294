"""The form grid on a phone, in the largest type, on paper, without JavaScript, and how much of it travels."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.ledgers.models import SheetRow
from tests.browser import grid_sheet
from tests.browser.conftest import DESK, PHONE
from tests.browser.grid_page import Grid, has

pytest_plugins = ["tests.browser.grid_fixtures"]
OVERFLOWS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
MOST_BYTES, MOST_REQUESTS = 120_000, 12


@pytest.fixture
def title(site, sheet) -> str:
    with site.orm():
        return SheetRow.objects.filter(sheet=sheet).order_by("ordinal")[4].title


def test_a_phone_shows_cards_and_one_person_a_page(cadre, sheet):
    page = cadre(size=PHONE)
    page.goto(f"/ledgers/sheets/{sheet}/")
    expect(page.locator(".ledger-grid thead, #cell-input").first).not_to_be_visible()
    assert not page.evaluate(OVERFLOWS)
    card = page.locator(".ledger-grid tbody tr").nth(4)
    expect(card).to_contain_text("待填 2 项")
    card.click(position={"x": 40, "y": 20})
    expect(page.locator(".person h1")).to_be_visible()
    assert not page.evaluate(OVERFLOWS)
    page.get_by_label("最近走访").fill("2026-11-05")
    page.locator("label", has_text="堂吃").click()
    page.get_by_role("button", name="保存，下一位").click()
    expect(page.locator(".person-place")).to_contain_text("第 6 人，共 40 人")
    page.get_by_role("link", name="上一位").click()
    page.get_by_role("button", name="没有变化，下一位").click()
    expect(page.locator(".person-place")).to_contain_text("第 6 人，共 40 人")
    page.goto(f"/ledgers/sheets/{sheet}/?filter=all")
    expect(card.locator(".left")).to_have_text("已核对")


def test_a_short_sheet_on_a_phone_has_its_buttons_at_the_foot(cadre, site):
    with site.orm():
        short = grid_sheet.build("短台账", rows=2)
    page = cadre(size=PHONE)
    page.goto(f"/ledgers/sheets/{short}/")
    foot, tabs = page.locator(".ledger-foot").bounding_box(), page.locator(".tabs").bounding_box()
    assert abs(foot["y"] + foot["height"] - tabs["y"]) <= 2
    assert not page.evaluate(OVERFLOWS)
    last = page.locator(".filters a").last
    expect(last).to_have_text(re.compile(r"未核对\s+2\s+人"))
    assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 390


def test_without_javascript_the_table_reads_and_names_open_the_form(cadre, sheet, title):
    page = cadre(java_script_enabled=False)
    page.goto(f"/ledgers/sheets/{sheet}/")
    expect(page.locator(".ledger-grid tbody tr")).to_have_count(40)
    expect(page.locator("#undo, #confirm-picked, .save-state").first).not_to_be_visible()
    page.locator(".ledger-grid tbody tr").nth(4).get_by_role("link", name=title, exact=True).click()
    page.get_by_label("最近走访").fill("2026-13-05")
    page.get_by_label("联系电话").fill("1380000")
    page.get_by_role("button", name="保存，下一位").click()
    problems = page.locator(".problems")
    expect(problems).to_contain_text("服务情况 · 最近走访：月份应为 1 至 12")
    problems.get_by_role("link", name=re.compile("联系电话")).click()
    page.get_by_label("基本信息 · 联系电话", exact=True).fill("13912345678")
    page.get_by_label("最近走访").fill("2026.11.5")
    page.get_by_label("送餐").check()
    page.get_by_role("button", name="保存，下一位").click()
    expect(page.locator(".person-place")).to_contain_text("第 6 人")
    page.get_by_role("link", name="上一位").click()
    expect(page.get_by_label("最近走访")).to_have_value("2026-11-05")
    page.get_by_role("button", name="没有变化，下一位").click()
    page.goto(f"/ledgers/sheets/{sheet}/?filter=all")
    expect(page.locator(".ledger-grid tbody tr").nth(4).locator(".left")).to_have_text("已核对")
    page.get_by_role("button", name="提交台账").click()
    expect(page.locator("main")).to_contain_text("行有必填项没有填")


def test_sources_that_differ_are_settled_on_the_form(cadre, sheet):
    page = cadre(java_script_enabled=False)
    page.goto(f"/ledgers/sheets/{sheet}/")
    page.locator(".ledger-grid tbody tr").first.locator(".person-cell a").click()
    group = page.get_by_role("group", name="基本信息 · 现住地址：2 个来源不一致，请选一个")
    group.get_by_label(re.compile("市库")).check()
    page.get_by_role("button", name="保存，下一位").click()
    page.get_by_role("link", name="上一位").click()
    expect(page.get_by_label("现住地址")).to_have_value(re.compile("鼓浪屿路57弄"))


def test_all_rows_are_printed(cadre, full_sheet):
    page = cadre()
    Grid(page, full_sheet)
    pdf = page.pdf(format="A4", landscape=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) >= 5
    page.set_viewport_size({"width": 1120, "height": 780})  # A4 across
    page.emulate_media(media="print")
    last = page.locator(".ledger-grid tbody tr").first.locator("> *").last.bounding_box()
    assert 0 < last["x"] + last["width"] <= 1121


def test_the_largest_type_is_a_layout_of_its_own(cadre, sheet):
    page = cadre()
    page.goto(f"/ledgers/sheets/{sheet}/")
    page.get_by_role("button", name="特大").click()
    expect(page.locator("html")).to_have_attribute("data-size", "huge")
    grid = Grid(page, sheet)
    expect(page.locator(".legend")).not_to_be_visible()
    assert not page.evaluate(OVERFLOWS)
    height = page.locator("#submit-form button").bounding_box()["height"]
    assert height >= 60
    grid.go(30, "最近走访")
    grid.page.keyboard.type("20261105")
    grid.press("Enter")
    grid.saved()
    box, foot = grid.cell(31, "最近走访").bounding_box(), page.locator(".ledger-foot").bounding_box()
    assert box["y"] + box["height"] <= foot["y"] + 1
    page.get_by_role("button", name="标准").click()
    expect(page.locator("html")).to_have_attribute("data-size", "standard")


def test_sources_can_be_hidden_and_stay_hidden(cadre, sheet):
    grid = Grid(cadre(), sheet)
    source = grid.cell(5, "联系电话").locator("small")
    grid.page.get_by_role("button", name="隐藏来源").click()
    expect(source).not_to_be_visible()
    grid = Grid(grid.page, sheet)
    expect(source).not_to_be_visible()
    expect(grid.cell(5, "联系电话")).to_have_class(has("prefilled"))


def test_two_hundred_rows_travel_light(cadre, full_sheet):
    page = cadre()
    sizes = {}
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    page.goto(f"/ledgers/sheets/{full_sheet}/", wait_until="load")
    expect(page.locator("#cell-input")).to_be_visible()
    assert sum(sizes.values()) < MOST_BYTES, sizes
    assert len(sizes) <= MOST_REQUESTS, sizes


def test_people_are_added_to_a_sheet_that_the_village_names(cadre, site, sheet):
    with site.orm():
        manual = grid_sheet.build("探访名单", population="manual")
    page = cadre()
    page.goto(f"/ledgers/sheets/{manual}/")
    page.get_by_role("link", name="添加人员").click()
    page.get_by_label("姓名、身份证后四位或门牌号").fill(grid_sheet.id_number(4)[-4:])
    page.get_by_role("button", name="查找").click()
    page.get_by_role("button", name="添加").first.click()
    expect(page.locator("main")).to_contain_text("加入台账")
    expect(page.locator(".hits li").first).to_contain_text("已在台账中")
    assert grid_sheet.id_number(4)[-4:] not in page.url
    page.get_by_label("姓名、身份证后四位或门牌号").fill("查无此人")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".hits")).to_contain_text("没有找到“查无此人”")
    page.get_by_role("link", name="回到台账").click()
    expect(page.locator(".ledger-grid tbody tr")).to_have_count(1)
    expect(page.locator(".ledger-grid tbody tr")).to_contain_text("138")
    page.locator(".person-cell a").click()
    page.locator("summary", has_text="移出台账").click()
    page.get_by_role("button", name=re.compile("^移出")).click()
    expect(page.locator(".ledger-empty")).to_be_visible()


def test_a_page_of_two_hundred_leads_to_the_next(cadre, site, full_sheet):
    with site.orm():
        first = SheetRow.objects.filter(sheet=full_sheet).order_by("ordinal").first()
        SheetRow.objects.bulk_create(
            [
                SheetRow(
                    sheet_id=full_sheet, ordinal=300 + number, title=f"增补{number}", cells=first.cells, unconfirmed=1
                )
                for number in range(205)
            ]
        )
    page: Page = cadre(size=DESK)
    grid = Grid(page, full_sheet)
    page.get_by_role("link", name="下一页").click()
    expect(page.locator(".person-cell a").first).to_have_text("增补0")
    page.get_by_role("link", name="下一页").click()
    expect(page.locator(".ledger-grid tbody tr")).to_have_count(5)
    page.get_by_role("link", name="上一页").click()
    expect(page.locator(".person-cell a").first).to_have_text("增补0")
    grid.type(3, "备注", "住院")
    grid.saved()
    grid = Grid(page, full_sheet)
    expect(page.locator(".person-cell a").first).to_have_text("增补0")
    grid.active(3, "备注")
