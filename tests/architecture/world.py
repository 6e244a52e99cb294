"""A small district in which everybody has something and nobody has everything (权限测试用的小区域)."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.catalog.models import ElementAlias
from apps.core.models import RunStatus
from apps.ledgers.models import (
    CollectionSheet,
    ExportRun,
    FormTemplate,
    MatchRun,
    MergePlan,
    PrefillRun,
    TemplateStatus,
)
from apps.ledgers.services import filling, merging, prefilling
from apps.organizations.models import Area
from tests.factories import DataElementFactory, PersonFactory, PostingFactory, UserFactory
from tests.factories.ledgers import TemplateFactory, form, open_field, posted, village

TOWN, OTHER_TOWN = "310151101", "310151102"
VILLAGE, NEIGHBOUR, FAR = "310151101201", "310151101202", "310151102201"
RESIDENT, VILLAGE_NAME, FORM_TITLE = "密一一", "秘村", "民政密表"

POSTS = {
    "cadre": (Role.VILLAGE_CADRE, VILLAGE),
    "neighbour": (Role.VILLAGE_CADRE, NEIGHBOUR),
    "far": (Role.VILLAGE_CADRE, FAR),
    "grid": (Role.GRID_LEADER, VILLAGE + "001"),
    "town": (Role.TOWN_ADMIN, TOWN),
    "other_town": (Role.TOWN_ADMIN, OTHER_TOWN),
    "civil": (Role.DEPARTMENT_CLERK, "civil-affairs"),
    "health": (Role.DEPARTMENT_CLERK, "health"),
    "police": (Role.DEPARTMENT_CLERK, "public-security"),
    "reviewer": (Role.LEDGER_REVIEWER, "civil-affairs"),
    "centre": (Role.DATA_CENTRE, "data-centre"),
    "system": (Role.SYSTEM_OFFICER, "data-centre"),
    "security": (Role.SECURITY_OFFICER, "data-centre"),
    "audit": (Role.AUDIT_OFFICER, "data-centre"),
}
POSTLESS = {"former", "nobody"}  # a post that has ended; none at all
EVERYBODY = set(POSTS) | POSTLESS


@dataclass
class World:
    people: dict[str, User]
    open_sheet: CollectionSheet
    handed_in: CollectionSheet
    manual: CollectionSheet
    draft: FormTemplate
    matching: FormTemplate
    review: FormTemplate
    proposed: MergePlan
    in_use: FormTemplate
    active: MergePlan
    export: ExportRun
    alias: ElementAlias


def build() -> World:
    for code in (VILLAGE, NEIGHBOUR, FAR):
        village(code)
        PersonFactory(area_code=code, name=RESIDENT if code == VILLAGE else f"居民{code}", as_of=date(2026, 11, 1))
    Area.objects.filter(pk=VILLAGE).update(name=VILLAGE_NAME)
    people = {name: posted(*post) for name, post in POSTS.items()}
    people["nobody"] = UserFactory()
    ended = timezone.localdate() - timedelta(days=1)
    people["former"] = PostingFactory(role=Role.VILLAGE_CADRE, area_id=VILLAGE, area=None, valid_until=ended).user

    draft = form("civil-affairs", "项", status=TemplateStatus.DRAFT, title=FORM_TITLE)
    stuck = form("civil-affairs", "项", status=TemplateStatus.MATCHING, title=FORM_TITLE)
    MatchRun.objects.create(template=stuck, status=RunStatus.FAILED, error="处理了三次都没有完成")
    review = TemplateFactory(department=draft.department, title=FORM_TITLE)
    open_field(review, "家庭情况")
    element = DataElementFactory(id="household.housing_situation")
    alias = ElementAlias.objects.create(name_norm="住房", element=element, answered_by=people["reviewer"])

    mine, theirs = form("civil-affairs", "person.name", title=FORM_TITLE), form("health", "person.name")
    *_, proposed = [merging.propose_merge(template=each) for each in (mine, theirs)]

    in_use = form("civil-affairs", "person.name", "意见", title=FORM_TITLE, period="yearly")
    active = _sent_down(in_use, people["civil"])
    second = _sent_down(form("civil-affairs", "person.name", period="once"), people["civil"])
    by_hand = _sent_down(form("civil-affairs", "person.name", population="manual"), people["civil"])
    sheets = {plan: CollectionSheet.objects.get(plan=plan, area=VILLAGE) for plan in (active, second, by_hand)}
    filling.submit_sheet(sheet=sheets[second], by=people["cadre"])
    prefilling.add_people(sheet=sheets[by_hand], people=list(sheets[active].rows.values_list("person", flat=True)))
    export = ExportRun.objects.create(
        template=in_use, area_prefix="310151", requested_by=people["civil"], status=RunStatus.DONE, content=b"xlsx",
        started_at=timezone.now(),
    )  # fmt: skip
    PrefillRun.objects.filter(plan=active).update(status=RunStatus.FAILED, error="处理了三次都没有完成")
    return World(
        people, sheets[active], sheets[second], sheets[by_hand], draft, stuck, review, proposed, in_use, active,
        export, alias,
    )  # fmt: skip


def _sent_down(template: FormTemplate, clerk: User) -> MergePlan:
    plan = merging.propose_merge(template=template)
    merging.confirm_merge(member=template.membership, by=clerk)
    prefilling.fill_villages(plan=plan, villages=[VILLAGE, NEIGHBOUR, FAR], as_of=date(2026, 11, 23))
    return MergePlan.objects.get(pk=plan.pk)
