"""Controls and parts of pages that do something by themselves; each works without JavaScript and by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.core.models import RunStatus
from apps.ledgers.models import FormTemplate, MatchRun, TemplateStatus
from tests.browser.conftest import PHONE

FILE = {"name": "残疾人走访.xlsx", "mimeType": "application/octet-stream", "buffer": b"x"}


def _following(site) -> int:
    """A template whose matching is under way and never ends by itself. Returns its id."""
    with site.orm():
        draft = FormTemplate.objects.filter(department="civil-affairs").first()
        draft.pk = draft.file.pk = None
        draft.file.save()
        draft.file_id = draft.file.pk
        draft.status, draft.row_subject, draft.population, draft.period = (
            TemplateStatus.MATCHING,
            "person",
            "all",
            "once",
        )
        draft.area_id, draft.due_on = "310151", timezone.localdate()
        draft.save()
        lease = timezone.now() + timedelta(hours=1)
        MatchRun.objects.create(
            template=draft, status=RunStatus.RUNNING, progress_done=3, progress_total=9, lease_until=lease, attempts=1
        )
        return draft.pk


def test_progress_moves_and_the_page_changes_when_the_task_is_over(log_in, site):
    page = log_in("minzheng")
    pk = _following(site)
    page.goto(f"/ledgers/templates/{pk}/")
    expect(page.locator("#match-progress")).to_contain_text("3 / 9")
    with site.orm():
        MatchRun.objects.filter(template=pk).update(progress_done=7)
    expect(page.locator("#match-progress")).to_contain_text("7 / 9")
    with site.orm():
        MatchRun.objects.filter(template=pk).update(status=RunStatus.DONE)
        FormTemplate.objects.filter(pk=pk).update(status=TemplateStatus.READY)
    expect(page.get_by_role("heading", name="填报项的对应")).to_be_visible()
    expect(page.locator("#match-progress")).to_have_count(0)


def test_progress_after_the_session_has_ended_leads_to_the_login(log_in, site):
    page = log_in("minzheng")
    pk = _following(site)
    page.goto(f"/ledgers/templates/{pk}/")
    page.context.clear_cookies(name="sessionid")
    page.wait_for_url(f"**/accounts/login/?next=/ledgers/templates/{pk}/")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_file_is_chosen_by_keyboard_and_named(log_in, has_script):
    page = log_in("minzheng", java_script_enabled=has_script)
    page.goto("/ledgers/templates/")
    file = page.get_by_label("Excel 模板")
    expect(page.get_by_text("还没有选择文件")).to_be_visible()
    page.bring_to_front()
    with page.expect_file_chooser() as chooser:
        file.press("Space")
    chooser.value.set_files(FILE)
    expect(page.get_by_text("还没有选择文件")).to_be_hidden()
    assert file.evaluate("file => file.getBoundingClientRect().width") > 150  # where the browser writes the name
    with page.expect_file_chooser():
        page.get_by_text("选择文件", exact=True).click()


def _question(page: Page):
    page.goto("/ledgers/review/")
    question = page.locator("form.card", has=page.locator(".seek")).first
    question.locator(".seek summary").click()
    return question


def test_another_element_is_found_while_typing_and_chosen(log_in):
    page = log_in("shenhe")
    question = _question(page)
    name = question.locator("h2").inner_text().split("”")[0].strip("“")
    question.get_by_role("searchbox").type("监护人")
    expect(question.get_by_role("status")).to_contain_text("查到")
    found = question.locator("[id^=find-hits] .choice").first
    element = found.locator("strong").inner_text()
    found.click()
    question.get_by_role("button", name="确认对应").click()
    expect(page.get_by_text(f"“{name}”已对应到“{element}”")).to_be_visible()
    page.get_by_role("button", name="撤销答复").first.click()
    expect(page.get_by_text("已撤销")).to_be_visible()


def test_the_search_works_without_script(log_in):
    page = log_in("shenhe", java_script_enabled=False)
    question = _question(page)
    question.get_by_role("searchbox").fill("监护人")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("对应哪个数据元")
    page.locator(".choice").first.click()
    page.get_by_role("button", name="确认对应").click()
    expect(page.get_by_text("已对应到")).to_be_visible()
    page.get_by_role("button", name="撤销答复").first.click()


def test_parts_carry_the_token_and_a_refusal_is_a_short_part(log_in, problems):
    page = log_in("minzheng")
    ask = """address => new Promise(done => {
        document.body.addEventListener("htmx:finally:request", () => setTimeout(done, 50), { once: true });
        htmx.ajax("POST", address, { source: "#content", target: "#due", values: { size: "large" } });
    })"""
    with page.expect_response("**/accounts/text-size/") as answer:
        page.evaluate(ask, "/accounts/text-size/")
    assert answer.value.status == 302
    page.evaluate(ask, "/nowhere/")
    expect(page.get_by_role("heading", name="没有找到这一页")).to_be_visible()
    assert page.locator(".bar").count() == 1
    assert page.locator("h1").count() == 1
    problems[:] = [problem for problem in problems if "status of 404" not in problem]


def test_a_withdrawal_is_asked_about_first(log_in, site):
    page = log_in("minzheng")
    with site.orm():
        draft = FormTemplate.objects.get(status=TemplateStatus.DRAFT)
    page.goto(draft.get_absolute_url())
    page.get_by_role("button", name="撤回模板").click()
    page.get_by_role("button", name="不撤回").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="撤回模板").click()
    page.locator("dialog").get_by_role("button", name="撤回模板", exact=True).click()
    expect(page.get_by_text("模板已撤回")).to_be_visible()


def test_a_phone_has_its_tabs_and_the_reading_size_under_mine(log_in):
    page = log_in("minzheng", PHONE)
    expect(page.get_by_role("button", name="特大")).to_be_hidden()
    tabs = page.get_by_role("navigation", name="底部菜单").get_by_role("link")
    assert tabs.all_inner_texts() == ["工作台", "减负", "模板", "合并", "我的"]
    for name in ("减负", "模板", "合并", "我的"):
        tabs.filter(has_text=name).click()
        expect(tabs.filter(has_text=name)).to_have_attribute("aria-current", "page")
    page.locator("main").get_by_role("button", name="特大").click()
    expect(page.locator("html")).to_have_attribute("data-size", "huge")
    assert all(tab.bounding_box()["height"] >= 60 for tab in tabs.all())
    page.locator("main").get_by_role("button", name="退出登录").click()
    expect(page.locator("html")).to_have_attribute("data-size", "huge")
    expect(page.get_by_label("用户名")).to_be_visible()


def test_controls_are_large_enough(log_in):
    """44 pixels, and 60 in 特大 (适老化)."""
    page = log_in("minzheng")
    page.goto("/ledgers/templates/")
    for size, least in (("standard", 44), ("huge", 60)):
        page.evaluate("size => (document.documentElement.dataset.size = size)", size)
        heights = [control.bounding_box()["height"] for control in page.locator("main .button, .side a").all()]
        assert heights
        assert min(heights) >= least


def test_print_has_the_content_alone_and_all_of_it(log_in):
    page = log_in("minzheng")
    page.goto("/ledgers/plans/")
    page.locator(".rows a").first.click()
    page.emulate_media(media="print")
    for part in (".bar", ".side", ".tabs", ".trail", ".button"):
        for each in page.locator(part).all():
            expect(each).to_be_hidden()
    assert page.locator(".scroll").first.evaluate("box => getComputedStyle(box).overflow") == "visible"


def test_a_town_chosen_in_the_list_opens_its_villages(log_in):
    page = log_in("minzheng")
    page.goto("/ledgers/plans/")
    page.locator("main a", has_text="居家养老").first.click()
    page.get_by_role("link", name="查看填报进度").click()
    page.get_by_role("link", name="竖新镇").click()
    expect(page.get_by_role("rowheader", name="东新村")).to_be_visible()
    expect(page.get_by_role("rowheader", name="育才村")).to_be_visible()
