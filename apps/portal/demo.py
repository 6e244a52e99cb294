"""The demo district (演示区): real areas and departments, an account for every role, invented residents."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.accounts.models import Posting, User
from apps.accounts.roles import Role
from apps.catalog.services import load_code_sets, load_elements
from apps.collection.models import Person
from apps.collection.services import load_residents, sample_residents
from apps.organizations.models import Area, AreaLevel
from apps.organizations.services import load_areas, load_departments
from apps.portal import demo_ledgers

PASSWORD = "Chongming-2026"
FIRST_DAY = date(2026, 1, 1)
VILLAGE, TOWN = "310151105201", "310151105"


@dataclass(frozen=True)
class DemoAccount:
    """演示账号; `place` is the code of an area or a department, empty for the outsider, who has no post."""

    username: str
    name: str
    role: Role | None
    place: str = ""


ACCOUNTS = [
    DemoAccount("cunju", "施玉芳", Role.VILLAGE_CADRE, VILLAGE),
    DemoAccount(demo_ledgers.NEIGHBOURS_CADRE, "黄国强", Role.VILLAGE_CADRE, demo_ledgers.NEIGHBOUR),
    DemoAccount("wangge", "黄志强", Role.GRID_LEADER, VILLAGE + "001"),
    DemoAccount("jiezhen", "陆建华", Role.TOWN_ADMIN, TOWN),
    DemoAccount("canlian", "沈菊芳", Role.DEPARTMENT_CLERK, "disabled-federation"),
    DemoAccount("weijian", "顾国平", Role.DEPARTMENT_CLERK, "health"),
    DemoAccount("gongan", "倪志明", Role.DEPARTMENT_CLERK, "public-security"),
    DemoAccount("minzheng", "袁慧", Role.DEPARTMENT_CLERK, "civil-affairs"),
    DemoAccount(demo_ledgers.REVIEWER, "汤美华", Role.LEDGER_REVIEWER, "civil-affairs"),
    DemoAccount("shuju", "徐明", Role.DATA_CENTRE, "data-centre"),
    DemoAccount("xitong", "张永康", Role.SYSTEM_OFFICER, "data-centre"),
    DemoAccount("anquan", "曹立新", Role.SECURITY_OFFICER, "data-centre"),
    DemoAccount("shenji", "王秀英", Role.AUDIT_OFFICER, "data-centre"),
    DemoAccount("waibu", "外来人员", None),
]


@transaction.atomic
def load() -> dict[str, int]:
    """Build the demo district, or what is missing of it. Returns what it holds."""
    areas = load_areas()
    departments = load_departments()
    load_code_sets()
    elements = load_elements()
    Area.objects.get_or_create(
        code=VILLAGE + "001", defaults={"name": "第一微网格", "level": AreaLevel.GRID, "parent_id": VILLAGE}
    )
    for account in ACCOUNTS:
        _make(account)
    if not Person.objects.exists():
        load_residents(residents=sample_residents(), day=FIRST_DAY, by=User.objects.get(username="shuju"))
    return {
        "areas": areas,
        "departments": departments,
        "elements": elements,
        "accounts": len(ACCOUNTS),
        "people": Person.objects.count(),
        "templates": demo_ledgers.load(),
    }


def _make(account: DemoAccount) -> None:
    user, is_new = User.objects.get_or_create(username=account.username, defaults={"name": account.name})
    if is_new:
        user.set_password(PASSWORD)
        user.save()
    if account.role:
        place = {"area_id": account.place} if account.place.isdigit() else {"department_id": account.place}
        Posting.objects.get_or_create(user=user, role=account.role, defaults={"valid_from": FIRST_DAY, **place})
