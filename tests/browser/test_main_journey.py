"""The main job from end to end (主流程): two departments' real forms, asked once, prefilled, returned to each.

Every step is done by a person of its role in a browser; matching, prefilling and export run in the Celery worker.
"""

import io
import re

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from apps.portal.demo_ledgers import demo_forms, workbook

CIVIL, HEALTH = "d063", "d045"  # 发放老龄津贴, 卫计育龄妇女信息: real forms that overlap in name, ID number …
DUE = "2027-03-31"
LONG = 30_000  # ms a worker may take


@pytest.fixture(scope="module")
def forms():
    return demo_forms()


def _upload(page: Page, form: dict, department: str, required: list[str]) -> None:
    page.goto("/ledgers/templates/")
    page.locator("#id_file").set_input_files(
        {"name": f"{form['form']}.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(form, department)}
    )
    page.get_by_role("button", name="上传模板").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(form["form"])
    for item in form["fields"]:
        assert item["name"] in page.locator("table").first.inner_text()
    page.get_by_label("填报对象").select_option(label="80 周岁以上高龄老人")
    page.get_by_label("填报范围").select_option(label="崇明区")
    page.get_by_label("填报周期").select_option(label="季报")
    page.get_by_label("截止日期").fill(DUE)
    page.get_by_label("依据").fill("养老服务条例")
    for name in required:
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("button", name="保存并识别").click()
    expect(page.get_by_role("heading", name="填报项的对应")).to_be_visible(timeout=LONG)


def _confirm(page: Page, form: dict) -> None:
    page.goto("/")
    page.get_by_role("listitem").filter(has_text=form["form"]).get_by_role("link", name="去确认").click()
    page.get_by_role("button", name="确认合并").click()
    expect(page.get_by_text("已确认").first).to_be_visible()


def _download(page: Page, form: dict) -> openpyxl.worksheet.worksheet.Worksheet:
    page.goto("/ledgers/templates/")
    page.get_by_role("link", name=form["form"]).first.click()
    page.get_by_role("button", name="生成台账").click()
    link = page.get_by_role("link", name="下载")
    expect(link).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        link.click()
    return openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active


def _headings(sheet) -> list[str]:
    """The names of the columns, read from the last row of headings."""
    return [cell.value for cell in sheet[3]][1:]


def test_asked_once_prefilled_returned_to_each_department(site, log_in, forms):
    civil, health = forms[CIVIL], forms[HEALTH]

    # 1–2 两个部门上传模板，后台识别
    clerk = log_in("minzheng")
    _upload(clerk, civil, "区民政局", ["姓名", "状态"])
    nurse = log_in("weijian")
    _upload(nurse, health, "区卫健委", ["姓名"])

    # 3 审核员答复拿不准的项：撤销一次再答，之后全部答完
    reviewer = log_in("shenhe")
    reviewer.goto("/ledgers/review/")
    first = reviewer.locator("form:has(fieldset)").first
    question = first.get_by_role("heading").inner_text()
    first.get_by_role("radio").first.check()
    first.get_by_role("button", name="确认对应").click()
    expect(reviewer.get_by_text("已对应到").first).to_be_visible()
    reviewer.get_by_role("button", name="撤销答复").first.click()
    expect(reviewer.get_by_text("已撤销").first).to_be_visible()
    expect(reviewer.get_by_role("heading", name=question)).to_be_visible()
    for left in range(reviewer.locator("form:has(fieldset)").count(), 0, -1):
        card = reviewer.locator("form:has(fieldset)").first
        card.get_by_role("radio").first.check()
        card.get_by_role("button", name="确认对应").click()
        expect(reviewer.get_by_text(f"还有 {left - 1} 项待审核" if left > 1 else "没有待审核的填报项")).to_be_visible()

    # 4 合并方案：两个部门先后确认，看到少填多少
    _confirm(clerk, civil)
    expect(clerk.get_by_text(re.compile(r"原来要 \d+ 项，合并后 \d+ 项，每行少填 \d+ 项"))).to_be_visible()
    _confirm(nurse, health)

    # 5 后台预填
    expect(nurse.get_by_text("下发并预填已完成")).to_be_visible(timeout=LONG)

    # 6 村居干部：看到期限与已填多少，核对、改、补、出错、离开再回来、提交
    cadre = log_in("cunju")
    item = cadre.get_by_role("listitem").filter(has_text=civil["form"])
    expect(item.get_by_text("还剩")).to_be_visible()
    expect(item.get_by_text("已预填")).to_be_visible()
    item.get_by_role("link", name="开始核对").click()
    sheet_url = cadre.url
    expect(cadre.locator("td.prefilled").first).to_contain_text("采集")

    # 7 用一人一页的表单逐人填写（表格的键盘操作在 test_grid 里）
    people = cadre.locator("table.ledger-grid tbody tr").count()
    assert people > 0
    cadre.locator("table.ledger-grid tbody th a").first.click()
    status = cadre.get_by_label(re.compile("^状态"))
    for number in range(people):
        if number == 0:
            phone = cadre.get_by_label(re.compile("^身份证"))
            phone.fill("310230196209047927")
            cadre.get_by_role("button", name=re.compile("保存")).first.click()
            cadre.goto(sheet_url)
            expect(cadre.locator("td.error").first).to_contain_text("身份证")
            expect(cadre.get_by_role("button", name="提交台账")).to_be_visible()
            cadre.locator("table.ledger-grid tbody th a").first.click()
            phone.fill("")
        status.fill("健在")
        cadre.get_by_role("button", name=re.compile("保存")).first.click()
    cadre.goto("/")
    expect(cadre.get_by_text("接着上次填")).to_be_visible()
    cadre.goto(sheet_url)
    expect(cadre.locator("td.typed", has_text="健在")).to_have_count(people)
    for box in cadre.get_by_role("checkbox").all():
        box.check()
    cadre.get_by_role("button", name=re.compile("所选.*确认无变化")).click()
    expect(cadre.get_by_text(re.compile(r"已确认 \d+ 人无变化"))).to_be_visible()
    cadre.get_by_role("button", name="提交台账").first.click()
    cadre.locator("#submit-yes").click()
    expect(cadre.get_by_text("已提交").first).to_be_visible()

    # 8 各部门取回自己的模板：自己的版式、列和顺序，没有别的部门自用的项
    civil_sheet, health_sheet = _download(clerk, civil), _download(nurse, health)
    assert civil_sheet["A1"].value == civil["form"]
    assert _headings(civil_sheet) == [item["name"] for item in civil["fields"]]
    assert [name for name in _headings(health_sheet) if name] == [item["name"] for item in health["fields"]]
    state = _headings(civil_sheet).index("状态") + 2
    assert [civil_sheet.cell(4 + row, state).value for row in range(people)] == ["健在"] * people
    assert "健在" not in {cell.value for row in health_sheet.iter_rows() for cell in row}

    # 9 减负数据：从这些行算出
    cadre.goto("/ledgers/burden/")
    for label in ("各部门要的项", "合并减少", "已预填", "动手填写"):
        expect(cadre.get_by_text(label).first).to_be_visible()
    civil_row = cadre.get_by_role("row").filter(has=cadre.get_by_role("rowheader", name="区民政局", exact=True))
    assert int(civil_row.get_by_role("cell").first.inner_text().replace(",", "")) > 0
