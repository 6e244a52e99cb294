"""A real Chromium on a real site (真实浏览器): one copy of the demo district for each test file."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from apps.portal.demo import PASSWORD
from communitycloud import embedded, environment
from tests.browser.site import Site

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
TEMPLATE = "browser_demo"


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("没有 Chromium：以 root 在 Debian 上 make test 会自动安装；其他系统请安装后用 CHROMIUM 指出位置")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)


def _sql(statement: str) -> None:
    psql = [embedded.postgres_binary("psql"), "-h", str(environment.socket_dir()), "-U", "communitycloud"]
    subprocess.run([*psql, "-d", "postgres", "-qc", statement], check=True)


@pytest.fixture(scope="session")
def demo_database(embedded_servers: None) -> str:
    """The demo district in a database that others are copied from."""
    _sql(f"CREATE DATABASE {TEMPLATE}")
    manage = [sys.executable, "manage.py"]
    for command in (["migrate", "--verbosity", "0"], ["demo"]):
        subprocess.run(
            [*manage, *command], check=True, cwd=environment.BASE_DIR, env=Site(TEMPLATE).environment,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    return TEMPLATE


@pytest.fixture(scope="module")
def site(demo_database: str, collected_static_files: None, django_db_blocker, request) -> Iterator[Site]:
    """A running copy of the demo district, for this file alone."""
    running = Site(f"browser_{request.module.__name__.rpartition('.')[2]}")
    _sql(f"CREATE DATABASE {running.database} TEMPLATE {demo_database}")
    with django_db_blocker.unblock():
        try:
            running.start_worker()
            running.start_web()
            yield running
        finally:
            running.stop()
            connections["default"].close()
            _sql(f"DROP DATABASE {running.database} WITH (FORCE)")


@pytest.fixture
def problems() -> list[str]:
    """What the browser complained of, on any page of the test; must be empty at its end."""
    return []


@pytest.fixture
def open_context(browser: Browser, site: Site, problems: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of its own for one person; a request that leaves the site is a failure."""
    contexts = []

    def make(size: dict[str, int] = DESK, **options) -> BrowserContext:
        context = browser.new_context(locale="zh-CN", viewport=size, base_url=site.url, **options)
        contexts.append(context)
        context.route(
            lambda url: not url.startswith((site.url, "data:", "blob:")),
            lambda route: (problems.append(f"left the site: {route.request.url}"), route.abort()),
        )
        context.on("weberror", lambda error: problems.append(f"script: {error.error}"))
        context.on("console", lambda line: problems.append(f"console: {line.text}") if _is_trouble(line) else None)
        return context

    yield make
    for context in contexts:
        context.close()
    assert problems == []


def _is_trouble(line) -> bool:
    expected = "status of 422" in line.text  # the browser logs our answer to invalid input
    return line.type in ("error", "warning") and not expected


@pytest.fixture
def log_in(open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Opens a page for a demo account, logged in by its password."""

    def go(username: str, size: dict[str, int] = DESK, **options) -> Page:
        page = open_context(size, **options).new_page()
        page.goto("/accounts/login/")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/")
        return page

    return go
