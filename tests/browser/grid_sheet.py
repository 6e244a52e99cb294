"""A village's sheet of two hundred people and twenty columns of every kind (填报表格的样表), in the running site."""

from datetime import date, timedelta

from django.utils import timezone

from apps.accounts.models import Posting, User
from apps.accounts.roles import Role
from apps.catalog.models import DataElement
from apps.catalog.values.id_number import check_digit
from apps.collection.models import Person
from apps.collection.services import Resident, load_residents
from apps.ledgers.models import CollectionSheet, MergePlan, PlanColumn, PlanStatus
from apps.ledgers.services import prefilling
from apps.organizations.models import Area
from apps.portal.demo import PASSWORD, TOWN
from apps.portal.demo import VILLAGE as DEMO_VILLAGE

CADRE, COLLEAGUE = "tianbao", "nixiulan"
NAMES = (
    "黄杏珍", "袁惠芳", "汤慧芳", "沈秀英", "曹玉芳", "张永康", "徐美华", "王秀英",
    "黄国强", "沈菊芳", "施正才", "陆桂兰", "倪锦明", "顾祖德", "茅雪琴",
)  # fmt: skip
PEOPLE = 200
NEEDS = ["不需要", "堂吃", "送餐"]
STREETS = ["鼓浪屿路57弄", "南星路3号", "花园弄59号", "育才新村31号"]
# Element (or field:), its label, what the village must give; in the order of a department's form.
COLUMNS = [
    ("person.name", "姓名", True),
    ("person.id_number", "身份证号", True),
    ("person.sex", "性别", True),
    ("person.birth_date", "出生日期", False),
    ("person.age", "年龄", False),
    ("person.phone", "联系电话", False),
    ("person.residence_address", "现住地址", False),
    ("area.village", "村居", False),
    ("person.ethnicity", "民族", False),
    ("person.marital_status", "婚姻状况", True),
    ("person.education_level", "文化程度", False),
    ("person.political_status", "政治面貌", False),
    ("person.living_status", "居住状况", False),
    ("person.is_living_alone_elder", "是否独居老人", False),
    ("person.emergency_contact_name", "紧急联系人", False),
    ("person.emergency_contact_phone", "联系人电话", False),
    ("person.height", "身高", False),
    ("field:visit", "最近走访", True),
    ("field:meal", "助餐需求", True),
    ("field:remark", "备注", False),
]
OWN = {"field:visit": ("date", []), "field:meal": ("choice", NEEDS), "field:remark": ("text", [])}


def born(number: int) -> str:
    return f"{date(1941, 1, 1) + timedelta(days=40 * number)}"


def id_number(number: int) -> str:
    """A valid ID number for the person of this number, born from 1941 on."""
    body = f"310230{born(number).replace('-', '')}{number % 1000:03d}"
    return body + check_digit(body)


def build(title: str = "老年人关爱服务台账", *, rows: int = PEOPLE, population: str = "all") -> int:
    """Make people and accounts once, and a plan with its sheet: known values, sources that differ. Gives its id."""
    area = village()
    if not User.objects.filter(username=CADRE).exists():
        _accounts(area)
        _people(area, PEOPLE)
    plan = MergePlan.objects.create(
        title=title, row_subject="person", population=population, area_id="310151", period="quarterly",
        due_on=timezone.localdate() + timedelta(days=7), status=PlanStatus.ACTIVE,
    )  # fmt: skip
    elements = DataElement.objects.in_bulk()
    for position, (key, label, required) in enumerate(COLUMNS):
        element = elements.get(key)
        kind, options = (element.data_type, []) if element else OWN[key]
        PlanColumn.objects.create(
            plan=plan, position=position, key=key, element=element, label=label, data_type=kind, options=options,
            group="基本信息" if element else "服务情况", is_required=required,
        )  # fmt: skip
    prefilling.fill_villages(plan=plan, villages=[area], as_of=timezone.localdate())
    sheet = CollectionSheet.objects.get(plan=plan, area_code=area)
    sheet.rows.filter(ordinal__gt=rows).delete()
    prefilling.refresh_figures(plan_id=plan.pk, villages=[area])
    return sheet.pk


def village() -> str:
    """A village of the demo town with no ledger of its own yet."""
    return Area.objects.villages().within(TOWN).exclude(pk=DEMO_VILLAGE).order_by("code")[0].pk


def _accounts(area: str) -> None:
    for username, name in ((CADRE, "田宝"), (COLLEAGUE, "倪秀兰")):
        user = User(username=username, name=name)
        user.set_password(PASSWORD)
        user.save()
        Posting.objects.create(user=user, role=Role.VILLAGE_CADRE, area_id=area, valid_from=date(2026, 1, 1))


def _people(area: str, rows: int) -> None:
    today = timezone.localdate()
    Person.objects.filter(area_code=area).update(area_code=DEMO_VILLAGE)
    residents = [
        Resident(
            line=number, area_code=area, name=NAMES[number % len(NAMES)], sex="1" if number % 2 else "2",
            birth_date=born(number), id_number=id_number(number),
            phone=f"138{number:08d}", address=f"{STREETS[number % 4]}{100 + number}室",
            household_no=f"测试{number // 2:03d}", updated_at=f"{today - timedelta(days=30)}",
        )
        for number in range(rows)
    ]  # fmt: skip
    load_residents(residents=residents, day=today, by=User.objects.get(username="shuju"))
    recent = f"{today - timedelta(days=20)}"
    people = list(Person.objects.filter(area_code=area))
    for number, person in enumerate(sorted(people, key=lambda each: each.birth_date)):
        person.facts = {
            "person.ethnicity": {"v": "01", "s": "register", "d": recent},
            "person.marital_status": {"v": "20", "s": "village", "d": recent},
            "person.education_level": {"v": "70", "s": "city", "d": recent},
            "person.political_status": {"v": "13", "s": "department", "d": recent},
            "person.living_status": {"v": "与配偶同住", "s": "village", "d": recent},
            "person.is_living_alone_elder": {"v": "否", "s": "village", "d": recent},
        }
        if number in (1, 5, 9):  # sources that differ, in the first three rows
            person.facts["person.residence_address"] = {
                "alt": {"v": f"鼓浪屿路57弄{number}室", "s": "city", "d": recent}
            }
    Person.objects.bulk_update(people, ["facts"])
