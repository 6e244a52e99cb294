"""The form grid in a real browser: what is known is confirmed, what is missing is typed or pasted, nothing is lost."""

import re

import pytest
from playwright.sync_api import expect

from apps.ledgers.models import SheetRow
from tests.browser import grid_sheet
from tests.browser.grid_page import Grid, has

pytest_plugins = ["tests.browser.grid_fixtures"]


@pytest.fixture
def grid(cadre, sheet) -> Grid:
    return Grid(cadre(), sheet)


@pytest.fixture
def full_grid(cadre, full_sheet) -> Grid:
    return Grid(cadre(), full_sheet)


def _stored(site, sheet: int, key: str) -> list[str]:
    with site.orm():
        rows = SheetRow.objects.filter(sheet=sheet).order_by("ordinal")
        return [row.cells.get(key, {}).get("v", "") for row in rows]


def test_what_must_be_filled_comes_first_and_what_is_worked_out_last(grid):
    assert grid.labels[3:5] == ["最近走访", "助餐需求"]
    assert grid.labels[-2:] == ["年龄", "村居"]
    expect(grid.left(0)).to_have_text("来源不一致")
    expect(grid.left(5)).to_have_text("待填 2 项")
    expect(grid.cell(5, "最近走访")).to_have_text("待填")
    expect(grid.cell(5, "联系电话").locator("small")).to_have_text(re.compile("^采集 10-"))


def test_a_correction_is_saved_by_itself_and_is_there_on_coming_back(grid, site):
    grid.type(5, "联系电话", "13912345678")
    expect(grid.cell(5, "联系电话")).to_have_class(has("typed"))
    grid.saved()
    expect(grid.state).to_have_text(re.compile(r"^草稿已保存 \d\d:\d\d$"))
    expect(grid.cell(5, "联系电话").locator("small")).to_have_text(re.compile("^本人 "))
    again = Grid(grid.page, grid.sheet)
    expect(again.cell(5, "联系电话")).to_contain_text("13912345678")
    expect(again.results).to_contain_text("接着上次填：")
    again.active(5, "联系电话")
    with site.orm():
        assert "13912345678" not in str(SheetRow.objects.filter(sheet=grid.sheet).values_list("cells"))


WRONG = [
    ("身份证号", "310230194102100018", "校验码"),
    ("最近走访", "2026-13-05", "月份应为 1 至 12，例：2026-11-05"),
    ("最近走访", "2026-02-30", "日期不存在，例：2026-11-05"),
    ("民族", "火星族", "“火星族”不在选项中"),
    ("联系电话", "1380000", "应为 11 位，现为 7 位"),
    ("身高", "很高", "数字"),
]


def test_a_wrong_value_stays_with_a_sentence_on_its_cell(grid):
    for number, (label, typed, _) in enumerate(WRONG, start=3):
        grid.type(number, label, typed, key="Tab")
    grid.saved()
    for number, (label, typed, sentence) in enumerate(WRONG, start=3):
        cell = grid.cell(number, label)
        expect(cell).to_have_class(has("error"))
        expect(cell).to_contain_text(typed)
        expect(cell.locator("small")).to_contain_text(sentence)
        expect(grid.left(number)).to_have_text("1 处错误")
        grid.go(number, label)
        expect(grid.bar).to_contain_text(sentence)
        expect(grid.input).to_have_attribute("aria-invalid", "true")
    grid.page.get_by_role("link", name="有错误 6").click()
    expect(grid.page.locator(".ledger-grid tbody tr")).to_have_count(6)


def test_one_key_confirms_a_row_and_only_a_finished_one(grid):
    grid.go(5, "民族")
    grid.press("Control+Enter")
    grid.active(5, "最近走访")  # something is missing: there it is
    grid.fill_gaps(5)
    grid.go(5, "民族")
    grid.press("Control+Enter")
    expect(grid.left(5)).to_have_text("已核对")
    grid.active(6, "民族")
    expect(grid.results).to_contain_text("已确认 1 人无变化")
    grid.results.get_by_role("button", name="撤销").click()
    expect(grid.left(5)).to_have_text("无变化")
    grid.left(5).dblclick()
    expect(grid.left(5)).to_have_text("已核对")
    expect(grid.results).to_contain_text("已确认 1 人无变化")
    expect(grid.results).not_to_contain_text("未处理的格")


def test_all_unchanged_people_are_confirmed_at_once_and_the_rest_counted(full_grid):
    grid = full_grid
    grid.go(3, "最近走访")
    grid.paste("\r\n".join(["2026-11-05\t堂吃"] * 197) + "\r\n")
    expect(grid.results).to_contain_text("已粘贴 197 行，改动 394 格")
    grid.page.get_by_label("全选本页").check()
    grid.page.get_by_role("button", name="所选 200 人确认无变化").click()
    expect(grid.results).to_contain_text("已确认 197 人无变化；另 3 人还有未处理的格")
    expect(grid.page.locator("[data-figure=checked]")).to_have_text("197")
    grid.results.get_by_role("button", name="撤销").click()
    expect(grid.page.locator("[data-figure=checked]")).to_have_text("0")


def test_old_values_are_confirmed_one_by_one(grid, site):
    with site.orm():
        row = SheetRow.objects.filter(sheet=grid.sheet).order_by("ordinal")[4]
        row.cells["person.phone"]["d"] = "2024-01-05"
        row.save()
    grid = Grid(grid.page, grid.sheet)
    expect(grid.cell(4, "联系电话").locator("small")).to_have_text("较旧 采集 2024-01-05")
    grid.fill_gaps(4)
    grid.fill_gaps(5)
    for number in (4, 5):
        grid.row(number).locator(".pick input").check()
    grid.page.get_by_role("button", name="所选 2 人确认无变化").click()
    expect(grid.results).to_contain_text("已确认 1 人无变化；1 人的数据较旧，请逐人确认")
    grid.left(4).click()
    expect(grid.left(4)).to_have_text("已核对")


def test_sources_that_differ_are_settled_from_the_bar_or_the_keyboard(grid):
    grid.go(0, "现住地址")
    expect(grid.bar).to_contain_text("市库")
    mine, theirs = grid.bar.get_by_role("button", name="采用现值"), grid.bar.get_by_role("button", name="采用市库")
    expect(mine).to_be_visible()
    theirs.click()
    grid.saved()
    expect(grid.cell(0, "现住地址")).to_contain_text("鼓浪屿路57弄")
    expect(grid.cell(0, "现住地址").locator("small")).to_contain_text("市库")
    other = grid.page.locator("tr:has(td.conflict)").first.get_attribute("id")
    number = grid.page.locator(".ledger-grid tbody tr").evaluate_all(
        "(rows, id) => rows.findIndex(row => row.id === id)", other
    )
    grid.go(number, "现住地址")
    grid.press("Enter", "1")
    expect(grid.left(number)).to_have_text("待填 2 项")
    expect(grid.cell(number, "现住地址").locator("small")).to_contain_text("采集")


def test_what_the_register_works_out_is_not_typed(grid):
    grid.go(5, "年龄")
    expect(grid.bar).to_contain_text("由底册推算，不用填")
    grid.page.keyboard.type("70")
    expect(grid.results).to_contain_text("由底册推算，不用填")
    grid.press("Delete")
    expect(grid.cell(5, "年龄")).to_contain_text("推算")
    grid.type(5, "出生日期", "1950.3.2")
    grid.saved()
    expect(grid.cell(5, "年龄")).to_contain_text("76")


def test_choices_by_number_by_name_and_by_code(grid):
    grid.go(5, "助餐需求")
    grid.press("3")
    expect(grid.cell(5, "助餐需求")).to_contain_text("送餐")
    grid.go(5, "是否独居老人")
    grid.press("1")
    expect(grid.cell(5, "是否独居老人")).to_contain_text("是")
    grid.go(5, "民族")
    grid.press("Enter")
    expect(grid.page.locator("#cell-options li")).to_have_count(58)
    grid.page.keyboard.type("回")
    expect(grid.page.locator("#cell-options li[aria-selected=true]")).to_have_text("回族")
    grid.press("Enter")
    expect(grid.cell(5, "民族")).to_contain_text("回族")
    grid.type(6, "民族", "11")
    grid.saved()
    expect(grid.cell(6, "民族")).to_contain_text("满族")
    grid.type(6, "文化程度", "大专")
    grid.saved()
    expect(grid.cell(6, "文化程度")).to_contain_text("大学专科")


def test_a_row_is_filled_by_the_keyboard_alone(grid):
    grid.page.keyboard.press("Control+Home")
    grid.press("ArrowDown", "ArrowDown", "ArrowDown")
    grid.active(3, "最近走访")
    grid.page.keyboard.type("20261105")
    grid.press("Tab")
    grid.active(3, "助餐需求")
    grid.press("2", "ArrowLeft", "ArrowDown")
    grid.active(4, "最近走访")
    grid.press("Control+d")
    grid.saved()
    expect(grid.cell(3, "最近走访")).to_contain_text("2026-11-05")
    expect(grid.cell(4, "最近走访")).to_contain_text("2026-11-05")
    grid.press("F2", "End", "Backspace", "6", "Escape")
    expect(grid.cell(4, "最近走访")).to_contain_text("2026-11-05")
    grid.press("Enter", "Backspace", "6", "Enter")
    grid.active(5, "最近走访")
    grid.saved()
    expect(grid.cell(4, "最近走访")).to_contain_text("2026-11-06")
    grid.press("Control+z")
    expect(grid.cell(4, "最近走访")).to_contain_text("2026-11-05")
    grid.press("Control+y")
    expect(grid.cell(4, "最近走访")).to_contain_text("2026-11-06")
    grid.press("ArrowUp", "Delete")
    expect(grid.cell(4, "最近走访")).to_have_text("待填")
    grid.saved()
    grid.press("ArrowLeft")
    expect(grid.left(4)).to_be_focused()
    grid.press("ArrowUp", "ArrowLeft")
    expect(grid.row(3).locator(".person-cell a")).to_be_focused()
    grid.press("ArrowLeft", "Space")
    expect(grid.row(3).locator(".pick input")).to_be_checked()
    grid.press("ArrowRight", "ArrowRight", "ArrowRight")
    grid.active(3, "最近走访")
    grid.press("Control+Enter")
    expect(grid.left(3)).to_have_text("已核对")
    grid.press("Escape")
    expect(grid.page.locator("#confirm-picked")).to_be_focused()


def test_the_cell_says_where_one_is(grid):
    grid.go(5, "联系电话")
    name = grid.row(5).locator(".person-cell a").inner_text()
    label = grid.input.get_attribute("aria-label")
    assert label.startswith(f"基本信息 · 联系电话，{name}，第 6 行，138")
    assert "来源 人房综合采集" in label


def test_three_hundred_rows_are_pasted_counted_and_taken_back(full_grid, site):
    grid = full_grid
    grid.go(0, "最近走访")
    lines = [f"2026/11/{1 + number % 30}\t{'堂吃' if number % 2 else '3'}" for number in range(300)]
    lines[7], lines[9] = "2026-13-05\t堂吃", '2026.11.5\t"送\n餐"'
    grid.paste("\r\n".join(lines) + "\r\n")
    said = "已粘贴 200 行，改动 400 格，其中 1 格有错误；另有 100 行超出表格，未粘贴"
    expect(grid.results).to_contain_text(said)
    visits, meals = _stored(site, grid.sheet, "field:visit"), _stored(site, grid.sheet, "field:meal")
    assert (visits[0], visits[199], visits[9]) == ("2026-11-01", "2026-11-20", "2026-11-05")
    assert (meals[0], meals[1]) == ("送餐", "堂吃")
    assert not any("\r" in value for value in visits + meals)
    expect(grid.cell(7, "最近走访")).to_have_class(has("error"))
    grid.results.get_by_role("button", name="撤销").click()
    expect(grid.results).to_contain_text("已撤销")
    expect(grid.cell(7, "最近走访")).to_have_text("待填")
    assert set(_stored(site, grid.sheet, "field:visit")) == {""}


def test_a_block_with_id_numbers_finds_its_people(grid, site):
    with site.orm():
        rows = list(
            SheetRow.objects.filter(sheet=grid.sheet)
            .order_by("-ordinal")[:3]
            .values_list("title", "person__birth_date")
        )
    numbers = {each: number for number in range(200) for each in [grid_sheet.born(number)]}
    lines = ["姓名\t身份证号\t最近走访\t年龄"]
    lines += [
        f"{name}\t{grid_sheet.id_number(numbers[birth])}\t2026-11-0{place + 1}\t3"
        for place, (name, birth) in enumerate(rows)
    ]
    lines.append(f"查无此人\t{grid_sheet.id_number(4321)}\t2026-11-09\t3")
    grid.go(0, "最近走访")
    grid.paste("\r\n".join(lines) + "\r\n")
    dialog = grid.page.locator("#paste-dialog")
    expect(dialog).to_contain_text("按证件号码找到 3 人；另有 1 行没有对应的人，不粘贴。")
    expect(dialog.get_by_label("最近走访粘贴到")).to_have_value(re.compile(r"\d+"))
    dialog.get_by_role("button", name="按证件号码粘贴").click()
    expect(grid.results).to_contain_text("已粘贴 3 行，改动 3 格；另有 1 行没有对应的人，未粘贴")
    visits = _stored(site, grid.sheet, "field:visit")
    assert visits[-3:] == ["2026-11-03", "2026-11-02", "2026-11-01"]
    assert set(visits[:-3]) == {""}


def test_an_input_method_composes_in_a_cell_not_yet_opened(grid):
    grid.go(5, "备注")
    devtools = grid.page.context.new_cdp_session(grid.page)
    devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process"})
    for text in ("s", "shen", "shenti"):
        devtools.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    expect(grid.cell(5, "备注")).to_have_class(has("active"))
    devtools.send("Input.insertText", {"text": "身体健康"})
    expect(grid.input).to_have_value("身体健康")
    grid.press("Enter")
    expect(grid.cell(5, "备注")).to_contain_text("身体健康")
    grid.saved()
