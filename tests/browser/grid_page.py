"""The form grid as a test drives it (操作填报表格)."""

import re

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong
PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const event = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
    document.getElementById("cell-input").dispatchEvent(event);
}"""


def has(name: str) -> re.Pattern[str]:
    """A class among others."""
    return re.compile(rf"(^|\s){name}(\s|$)")


class Grid:
    """One open sheet; rows are numbered from 0, cells named by their column's heading."""

    def __init__(self, page: Page, sheet: int, *, is_open: bool = False) -> None:
        self.page, self.sheet = page, sheet
        if not is_open:
            page.goto(f"/ledgers/sheets/{sheet}/")
        self.results, self.bar = page.locator("#results"), page.locator("#cell-bar")
        self.input, self.state = page.locator("#cell-input"), page.locator("#save-state")
        expect(self.input).to_be_visible()
        headings = page.locator(".ledger-grid thead tr:last-child > *").all_text_contents()
        self.labels = [heading.removesuffix("*").strip() for heading in headings]

    def row(self, number: int) -> Locator:
        return self.page.locator(".ledger-grid tbody tr").nth(number)

    def cell(self, number: int, label: str) -> Locator:
        return self.row(number).locator("> *").nth(self.labels.index(label, 3))

    def left(self, number: int) -> Locator:
        return self.row(number).locator(".left")

    def active(self, number: int, label: str) -> None:
        expect(self.cell(number, label)).to_have_class(has("active"))

    def go(self, number: int, label: str) -> None:
        """Make a cell the active one, by the mouse."""
        cell = self.cell(number, label)
        if "active" in cell.get_attribute("class").split():
            self.input.focus()
            return
        cell.evaluate("each => each.scrollIntoView({block: 'nearest', inline: 'nearest'})")
        cell.click()
        self.active(number, label)

    def type(self, number: int, label: str, text: str, key: str = "Enter") -> None:
        self.go(number, label)
        self.page.keyboard.type(text)
        self.page.keyboard.press(key)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def paste(self, text: str) -> None:
        self.page.evaluate(PASTE, text)

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.state).to_have_attribute("data-state", "saved")

    def fill_gaps(self, number: int) -> None:
        self.type(number, "最近走访", "2026-11-05")
        self.type(number, "助餐需求", "1", key="Tab")
        self.saved()
        expect(self.left(number)).to_have_text("无变化")
