"""Every screen of every role, large and small, in 标准 and 特大: tidy, readable, and without a fault of the machine.

Set SCREENSHOTS to a folder to keep a picture of each screen.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.ledgers.models import CollectionSheet, FormField, FormTemplate, MergePlan, SheetStatus, TemplateStatus
from tests.browser.conftest import DESK, PHONE

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 640}  # also a phone of 640 pixels at 200 %
ZOOMED = {"width": 720, "height": 450}  # the desk at 200 %
KNOWN_WORDS = {"Excel", "xlsx", "waibu"}
VILLAGE = "310151105201"  # where the demo account cunju serves


@dataclass(frozen=True)
class Screen:
    """一屏: an address with names of the demo's rows in braces, and what is done there before it is looked at."""

    name: str
    address: str
    act: Callable[[Page], None] | None = None
    status: int = 200


def wrong_password(page: Page) -> None:
    page.get_by_label("用户名").fill("cunju")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.locator("summary").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名和密码对不上")


def open_menu(page: Page) -> None:
    if page.viewport_size == DESK:
        page.locator(".menu summary").click()


def ask(button: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.get_by_role("button", name=button).first.click()
        expect(page.locator("dialog[open]")).to_be_visible()

    return go


def leave_everything_out(page: Page) -> None:
    page.locator("main form").first.evaluate("form => form.noValidate = true")
    page.get_by_label("台账名称").fill("")
    page.get_by_role("button", name="保存并识别").click()
    expect(page.locator(".error-summary")).to_be_focused()


def send_no_file(page: Page) -> None:
    page.locator("main form").first.evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="上传模板").click()
    expect(page.locator("#id_file_error")).to_be_visible()


def seek(page: Page) -> None:
    question = page.locator("form.card", has=page.locator(".seek")).first
    question.locator(".seek summary").click()
    question.get_by_role("searchbox").fill("姓名")
    expect(question.get_by_role("status")).to_contain_text("查到")


SCREENS = {
    "": [
        Screen("login", "/accounts/login/"),
        Screen("login-refused", "/accounts/login/", wrong_password),
        Screen("components", "/components/"),
        Screen("components-dialog", "/components/", ask("撤回模板")),
    ],
    "cunju": [
        Screen("cadre", "/", open_menu),
        Screen("me", "/me/"),
        Screen("sheets", "/ledgers/sheets/"),
        Screen("sheet", "/ledgers/sheets/{sheet}/"),
        Screen("person", "/ledgers/sheets/{sheet}/rows/{row}/"),
        Screen("burden", "/ledgers/burden/"),
    ],
    "wangge": [Screen("grid-leader", "/")],
    "jiezhen": [
        Screen("town", "/"),
        Screen("check", "/ledgers/sheets/{submitted}/"),
        Screen("town-sheets", "/ledgers/sheets/"),
    ],
    "minzheng": [
        Screen("clerk", "/"),
        Screen("templates", "/ledgers/templates/"),
        Screen("templates-refused", "/ledgers/templates/", send_no_file),
        Screen("draft", "/ledgers/templates/{draft}/"),
        Screen("draft-refused", "/ledgers/templates/{draft}/", leave_everything_out),
        Screen("withdraw", "/ledgers/templates/{draft}/", ask("撤回模板")),
        Screen("template", "/ledgers/templates/{in_use}/"),
        Screen("plans", "/ledgers/plans/"),
        Screen("plan", "/ledgers/plans/{active}/"),
        Screen("villages", "/ledgers/plans/{active}/villages/"),
        Screen("not-found", "/nowhere/", status=404),
        Screen("forbidden", "/ledgers/review/", status=403),
    ],
    "canlian": [
        Screen("wide-template", "/ledgers/templates/{wide}/"),
        Screen("wide-plan", "/ledgers/plans/{wide_plan}/"),
    ],
    "shenhe": [
        Screen("reviewer", "/"),
        Screen("review", "/ledgers/review/"),
        Screen("review-seek", "/ledgers/review/", seek),
        Screen("elements", "/ledgers/review/elements/?field={field}&q=姓名"),
    ],
    "shuju": [Screen("data-centre", "/")],
    "xitong": [Screen("system-officer", "/")],
    "anquan": [Screen("security-officer", "/")],
    "shenji": [Screen("audit-officer", "/")],
    "waibu": [Screen("no-post", "/", status=403), Screen("no-post-me", "/me/")],
}


@pytest.fixture(scope="module")
def rows(site) -> dict[str, int]:
    """The demo's rows by the names that addresses give them."""
    with site.orm():
        templates = FormTemplate.objects.filter
        sheet = CollectionSheet.objects.get(area=VILLAGE, status=SheetStatus.OPEN)
        wide = templates(department="disabled-federation", status=TemplateStatus.READY).get()
        return {
            "sheet": sheet.pk,
            "row": sheet.rows.first().pk,
            "submitted": CollectionSheet.objects.get(status=SheetStatus.SUBMITTED).pk,
            "draft": templates(status=TemplateStatus.DRAFT).get().pk,
            "in_use": templates(department="civil-affairs", status=TemplateStatus.IN_USE).get().pk,
            "active": MergePlan.objects.get(status="active").pk,
            "wide": wide.pk,
            "wide_plan": wide.membership.plan_id,
            "field": FormField.objects.filter(decision="review").first().pk,
        }


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands (无障碍检查)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "tags => axe.run({ runOnly: tags, resultTypes: ['violations'] }).then(all => all.violations)", TAGS
    )
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


def width_beyond(page: Page) -> int:
    """How far the page scrolls sideways, in pixels; boxes that scroll by themselves do not count."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def set_size(page: Page, size: str) -> None:
    page.evaluate("size => (document.documentElement.dataset.size = size)", size)


def foreign_words(page: Page) -> set[str]:
    """Words of the page that are not Chinese; the gallery names its parts."""
    return set(re.findall(r"[A-Za-z]{3,}", page.locator("body").inner_text())) - KNOWN_WORDS


def look(page: Page, label: str) -> list[str]:
    found = [f"{label}: {fault}" for fault in faults(page)]
    if beyond := width_beyond(page):
        found.append(f"{label}: {beyond} pixels sideways")
    if not label.startswith("components") and (words := foreign_words(page)):
        found.append(f"{label}: not Chinese: {words}")
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{label}.png", full_page=True)
    return found


def open_screen(page: Page, screen: Screen, rows: dict[str, int], problems: list[str]) -> None:
    answer = page.goto(screen.address.format(**rows))
    assert answer.status == screen.status, screen.name
    assert page.locator("h1").count() == 1, screen.name
    if screen.act:
        screen.act(page)
    if screen.status != 200:  # the browser logs the status we meant to answer
        problems[:] = [problem for problem in problems if f"status of {screen.status}" not in problem]


@pytest.mark.parametrize("user", SCREENS)
def test_screens(log_in, open_context, problems, rows, user):
    page = log_in(user, bypass_csp=True) if user else open_context(bypass_csp=True).new_page()
    found = []
    if user == "waibu":
        problems.clear()  # its first page is a refusal
    for screen in SCREENS[user]:
        for size, words in ((DESK, "desk"), (PHONE, "phone")):
            page.set_viewport_size(size)
            open_screen(page, screen, rows, problems)
            for text in ("standard", "huge"):
                set_size(page, text)
                found += look(page, f"{screen.name}-{words}-{text}")
        for size in (NARROW, ZOOMED):
            for text in ("standard", "huge"):
                set_size(page, text)
                page.set_viewport_size(size)
                if beyond := width_beyond(page):
                    found.append(f"{screen.name} {size['width']} {text}: {beyond} pixels sideways")
    assert not found, "\n".join(found)


def test_the_check_bites(log_in):
    page = log_in("xitong", bypass_csp=True)
    assert faults(page) == []
    page.locator("main").evaluate(
        "main => main.insertAdjacentHTML('beforeend', `<p style='color: #aaa'>看不清的字</p><input id='nameless'>"
        "<div style='width: 3000px'>太宽</div>`)"
    )
    found = faults(page)
    assert any(re.match("color-contrast: .*看不清的字", fault) for fault in found)
    assert any(re.match("label: .*nameless", fault) for fault in found)
    assert width_beyond(page) > 1000


def test_the_workbench_is_light(open_context, site):
    """At most 60 KB in at most 10 requests, compressed, with nothing kept from before."""
    page = open_context().new_page()
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("cunju")
    page.get_by_label("密码").fill("Chongming-2026")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/")
    browser = page.context.new_cdp_session(page)
    browser.send("Network.enable")
    browser.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes = {}
    browser.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.reload(wait_until="networkidle")
    print(json.dumps({"requests": len(sizes), "bytes": sum(sizes.values())}))
    assert len(sizes) <= 10
    assert sum(sizes.values()) <= 60_000
