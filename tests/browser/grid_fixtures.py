"""A sheet and cadres of its village, logged in, for the tests of the form grid."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import grid_sheet
from tests.browser.conftest import DESK
from tests.browser.site import Site


@pytest.fixture
def sheet(site: Site) -> int:
    """A fresh sheet of forty people."""
    with site.orm():
        return grid_sheet.build(rows=40)


@pytest.fixture
def full_sheet(site: Site) -> int:
    """A fresh sheet of two hundred people."""
    with site.orm():
        return grid_sheet.build()


@pytest.fixture(scope="module")
def sessions(site: Site, browser: Browser) -> dict[str, dict]:
    """Logs each account in once a file; what a browser keeps of it, by user name."""
    return {}


@pytest.fixture
def cadre(
    open_context: Callable[..., BrowserContext], sessions: dict[str, dict], log_in: Callable[..., Page]
) -> Callable[..., Page]:
    """Opens a browser of its own for a cadre who is logged in, and gives its page."""

    def go(username: str = grid_sheet.CADRE, size: dict[str, int] = DESK, **options) -> Page:
        if username not in sessions:
            sessions[username] = log_in(username).context.storage_state()
        return open_context(size, storage_state=sessions[username], **options).new_page()

    return go
