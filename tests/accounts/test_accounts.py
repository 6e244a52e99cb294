"""An account is made with its post or not at all; a post stands over an area of its level."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from apps.accounts.models import Posting, User
from apps.accounts.roles import Permission, Role
from apps.accounts.services import add_account
from apps.core.errors import DomainError
from tests.factories import AreaFactory, DepartmentFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE, PASSWORD = "310151101201", "Chongming-2026"


def _add(username="shi", role=Role.VILLAGE_CADRE, place=VILLAGE, password=PASSWORD):
    AreaFactory(code=VILLAGE)
    DepartmentFactory(code="civil-affairs")
    return add_account(username=username, name="施玉芳", role=role, place=place, password=password)


def test_the_account_may_do_what_its_post_gives():
    posting = _add()
    assert posting.user.can(Permission.SHEET_FILL)
    assert posting.user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"place": "310151101"}, "没有代码为 310151101 的村居。村居填报员的区划代码是 12 位"),
        ({"role": Role.DATA_CENTRE, "place": "nobody"}, "没有代码为 nobody 的部门"),
        ({"password": "12345"}, "密码"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_left(change, sentence):
    with pytest.raises(DomainError, match=sentence):
        _add(**change)
    assert not User.objects.exists()


def test_a_username_is_given_once():
    _add()
    with pytest.raises(DomainError, match="已有用户名为 shi 的账号"):
        _add()
    assert Posting.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.VILLAGE_CADRE, "310151101"), (Role.TOWN_ADMIN, VILLAGE), (Role.GRID_LEADER, VILLAGE)],
)
def test_the_database_refuses_a_post_over_an_area_of_another_level(role, code):
    with pytest.raises(IntegrityError, match="posting_area_is_of_its_level"):
        PostingFactory(role=role, area__code=code)


def test_the_command_makes_the_first_account_of_a_new_site(monkeypatch):
    AreaFactory(code=VILLAGE)
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    call_command("add_account", "shi", "施玉芳", "village_cadre", VILLAGE, "--password-stdin", stdout=io.StringIO())
    assert User.objects.get(username="shi").posting.area_id == VILLAGE
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    with pytest.raises(CommandError, match="已有用户名"):
        call_command("add_account", "shi", "施玉芳", "village_cadre", VILLAGE, "--password-stdin")
