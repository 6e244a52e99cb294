"""Every post finds on its workbench what waits for it, or what it may do instead."""

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.portal.idle import IDLE
from apps.portal.navigation import TABS, tabs
from tests.factories import AreaFactory, UserFactory
from tests.factories.ledgers import posted

pytestmark = pytest.mark.django_db
PLACES = {
    Role.TOWN_ADMIN: "310151101",
    Role.VILLAGE_CADRE: "310151101201",
    Role.GRID_LEADER: "310151101201001",
}


def _page(client, role):
    AreaFactory(code="310151101", parent=AreaFactory(code="310151"))
    client.force_login(posted(role, PLACES.get(role, "civil-affairs")))
    return client.get(reverse("portal:workbench"))


@pytest.mark.parametrize("role", list(Role))
def test_a_post_with_nothing_to_do_reads_why_and_where_to_go(client, role):
    page = _page(client, role)
    assert page.status_code == 200
    assert "今天没有要办的事" in page.text
    assert IDLE[role].text in page.text
    if IDLE[role].url_name:
        address = reverse(IDLE[role].url_name)
        assert f'href="{address}">{IDLE[role].action}' in page.text
        assert client.get(address).status_code == 200


def test_an_officer_is_told_that_the_post_sees_no_personal_data(client):
    for role in (Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER, Role.AUDIT_OFFICER):
        assert "这个岗位不接触居民数据。" in _page(client, role).text


def test_whoever_has_no_post_reads_whom_to_ask(client):
    client.force_login(UserFactory(username="waibu"))
    page = client.get(reverse("portal:workbench"))
    assert page.status_code == 403
    assert "请联系本单位的管理员登记岗位，告诉对方您的用户名：<strong>waibu</strong>" in page.text
    assert client.get(reverse("portal:me")).status_code == 200


def test_a_phone_has_five_tabs_and_the_last_is_ones_own_page():
    entries = [{"label": str(number), "url": f"/{number}/"} for number in range(7)]
    shown = tabs(entries, reverse("portal:me"))
    assert len(shown) == TABS
    assert shown[:-1] == entries[:4]
    assert shown[-1] | {"current": "page", "label": "我的"} == shown[-1]


def test_the_reading_size_stays_on_the_page_to_log_in(client):
    client.cookies["text_size"] = "huge"
    assert 'data-size="huge"' in client.get(reverse("accounts:login")).text
    client.cookies["text_size"] = '"><script>'
    assert 'data-size="standard"' in client.get(reverse("accounts:login")).text


def test_choosing_a_size_sets_the_cookie_and_an_unknown_one_does_not(client):
    client.force_login(UserFactory())
    for size, is_kept in (("huge", True), ("vast", False)):
        answer = client.post(reverse("accounts:text_size"), {"size": size})
        assert ("text_size" in answer.cookies) == is_kept
