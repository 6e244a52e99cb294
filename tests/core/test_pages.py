"""What somebody sees when it does not go on (出错页), as a page and as a part of one."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.core import views
from apps.core.errors import DomainError
from apps.core.middleware import DomainErrorMiddleware
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PART = {"HTTP_HX_REQUEST": "true", "HTTP_ACCEPT": "text/html"}


@pytest.fixture
def stranger(client):
    """Logged in, without a post."""
    client.force_login(UserFactory())
    return client


def test_a_page_that_is_not_there(stranger):
    whole, part = stranger.get("/nowhere/"), stranger.get("/nowhere/", **PART)
    assert whole.status_code == part.status_code == 404
    assert "<html" in whole.text
    assert "回工作台" in whole.text
    assert "<html" not in part.text
    assert "没有找到这一页" in part.text


def test_a_page_one_may_not_see(stranger):
    whole, part = stranger.get(reverse("ledgers:burden")), stranger.get(reverse("ledgers:burden"), **PART)
    assert whole.status_code == part.status_code == 403
    assert "您的岗位不看减负数据。" in whole.text
    assert "<html" not in part.text
    assert "您的岗位不看减负数据。" in part.text


def test_a_token_that_is_too_old():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    whole, part = (client.post(reverse("accounts:text_size"), {"size": "huge"}, **extra) for extra in ({}, PART))
    assert whole.status_code == part.status_code == 403
    assert "这一页放得太久了" in whole.text
    assert "<html" not in part.text


@pytest.mark.parametrize(("extra", "is_whole"), [({}, True), (PART, False)])
def test_a_refusal_and_a_failure(rf, extra, is_whole):
    request = rf.get("/", **extra)
    request.htmx = bool(extra)
    refused = DomainErrorMiddleware(lambda _: None).process_exception(
        request, DomainError("这份台账已提交", "请先退回")
    )
    failed = views.server_error(request)
    assert (refused.status_code, failed.status_code) == (422, 500)
    assert "这份台账已提交" in refused.text
    assert "请先退回。" in refused.text
    assert "暂时办不了" in failed.text
    for answer in (refused, failed):
        assert ("<html" in answer.text) == is_whole


def test_a_part_of_a_page_whose_session_has_ended_loads_the_page_anew(client):
    answer = client.get(reverse("portal:workbench"), follow=True, **PART)
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.text == ""
