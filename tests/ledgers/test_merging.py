"""Forms that ask the same people for the same things are asked once, when every department has agreed to it."""

from datetime import date

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.core.errors import InvalidTransition, NotAllowed, Outdated
from apps.core.models import RunStatus
from apps.ledgers.models import (
    CollectionSheet,
    Decision,
    FormTemplate,
    MergeMember,
    MergePlan,
    PlanColumn,
    PlanStatus,
    PrefillRun,
    TemplateStatus,
)
from apps.ledgers.permissions import why_not_change_template, why_not_confirm_merge, why_not_prefill_again
from apps.ledgers.selectors.plans import already_asked, plan_stamp, plan_summaries, plan_summary
from apps.ledgers.services import exporting, filling, merging, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import AreaFactory, DataElementFactory, PersonFactory, UserFactory
from tests.factories.ledgers import FieldFactory, clerk, form, posted, village
from tests.together import at_once, while_unfinished

pytestmark = pytest.mark.django_db
VILLAGE, TOWN = "310151101201", "310151101"
NAME, PHONE, SEX = "person.name", "person.phone", "person.sex"


def _propose(*forms: FormTemplate) -> list[MergePlan]:
    return [merging.propose_merge(template=each) for each in forms]


def _confirm(template: FormTemplate) -> MergePlan:
    member = MergeMember.objects.get(template=template)
    return merging.confirm_merge(member=member, by=clerk(template.department_id))


def _members(plan: MergePlan) -> list[str]:
    return list(plan.members.values_list("template__department", flat=True))


@pytest.fixture
def civil():
    return form("civil-affairs", NAME, PHONE, "民政意见", title="民政台账", due_on=date(2026, 12, 20))


@pytest.fixture
def health():
    return form("health", "血压", NAME, PHONE, SEX, title="卫健台账", due_on=date(2026, 12, 10))


@pytest.fixture
def plan(civil, health):
    *_, plan = _propose(civil, health)
    return plan


# Who is asked together


def test_forms_that_share_an_item_join_one_proposal(plan, civil, health):
    assert MergePlan.objects.get() == plan
    assert _members(plan) == ["civil-affairs", "health"]
    assert (plan.title, plan.due_on, plan.status) == ("民政台账、卫健台账", date(2026, 12, 10), PlanStatus.PROPOSED)
    assert not PlanColumn.objects.exists()


@pytest.mark.parametrize(
    "other",
    [
        {"row_subject": "other"},
        {"population": "aged_60"},
        {"period": "quarterly"},
        {"area__code": TOWN},
    ],
)
def test_other_people_another_place_or_another_rhythm_stay_apart(civil, other):
    plans = _propose(civil, form("health", NAME, **other))
    assert len(set(plans)) == 2


def test_forms_that_share_nothing_stay_apart(civil):
    assert len(set(_propose(civil, form("health", SEX, "民政意见")))) == 2


@pytest.mark.parametrize("own", ["record.remark", "benefit.amount", "event.date"])
def test_a_forms_own_item_is_nothing_to_share(own):
    assert len(set(_propose(form("civil-affairs", own, NAME), form("health", own, SEX)))) == 2


def test_a_plan_sent_down_takes_nobody_in(civil):
    (first,) = _propose(civil)
    _confirm(civil)
    (second,) = _propose(form("health", NAME))
    assert first != second
    assert first.members.count() == 1


@pytest.mark.django_db(transaction=True)
def test_forms_understood_at_the_same_moment_still_merge(civil, health):
    first, second = while_unfinished(
        lambda: merging.propose_merge(template=civil), lambda: merging.propose_merge(template=health)
    )
    assert first == second
    assert first.members.count() == 2


# The saving


def test_the_saving_before_and_after(plan, client):
    summary = plan_summary(plan)
    assert (summary.before, summary.after, summary.saved) == (7, 5, 2)
    assert [(column.key, column.departments) for column in summary.columns if column.is_merged] == [
        (NAME, "部门civil-affairs、部门health"),
        (PHONE, "部门civil-affairs、部门health"),
    ]
    assert [(s.plan, s.before, s.after) for s in plan_summaries(clerk("health"))] == [(plan, 7, 5)]
    client.force_login(clerk("health"))
    assert (
        "原来要 7 项，合并后 5 项，每行少填 <strong>2</strong> 项"
        in client.get(plan.get_absolute_url()).content.decode()
    )


def test_a_second_field_of_one_form_keeps_its_own_column():
    twice = form("civil-affairs", PHONE, PHONE)
    *_, plan = _propose(twice, form("health", PHONE))
    second = twice.fields.last()
    assert [(column.key, len(column.fields)) for column in plan_summary(plan).columns] == [
        (PHONE, 2),
        (f"field:{second.pk}", 1),
    ]


def test_a_forms_own_items_and_what_has_no_element_stay_apart():
    forms = [form(department, NAME, "record.remark", "benefit.amount", "民政意见") for department in ("a", "b")]
    *_, plan = _propose(*forms)
    summary = plan_summary(plan)
    assert (summary.before, summary.after) == (8, 7)
    assert [column.key for column in summary.columns if column.is_merged] == [NAME]


# Agreeing


def test_the_plan_is_sent_down_when_every_department_has_agreed(plan, civil, health):
    assert _confirm(civil).status == PlanStatus.PROPOSED
    assert not PrefillRun.objects.exists()
    assert _confirm(health).status == PlanStatus.ACTIVE
    assert set(FormTemplate.objects.values_list("status", flat=True)) == {TemplateStatus.IN_USE}
    assert PrefillRun.objects.get().plan == plan
    assert plan.columns.count() == 5
    assert MergePlan.objects.get().activated_at


def test_a_form_alone_is_sent_down_by_its_own_department(civil):
    (plan,) = _propose(civil)
    assert _confirm(civil).status == PlanStatus.ACTIVE
    assert list(plan.columns.values_list("label", flat=True)) == [NAME, PHONE, "民政意见"]
    assert set(civil.fields.values_list("column__plan", flat=True)) == {plan.pk}


def test_confirming_twice_is_once(plan, civil, health):
    _confirm(civil)
    member = MergeMember.objects.get(template=civil)
    _confirm(civil)
    assert MergeMember.objects.get(template=civil).confirmed_at == member.confirmed_at
    assert MergePlan.objects.get().status == PlanStatus.PROPOSED


def test_confirming_after_it_was_sent_down_makes_no_second_run(plan, civil, health):
    _confirm(civil)
    _confirm(health)
    with pytest.raises(NotAllowed, match="方案填报中，不用再确认"):
        _confirm(health)
    assert (PrefillRun.objects.count(), plan.columns.count()) == (1, 5)


@pytest.mark.django_db(transaction=True)
def test_all_confirming_at_once_send_it_down_once(plan, civil, health):
    members = {member.template_id: member for member in MergeMember.objects.all()}
    people = {form.pk: clerk(form.department_id) for form in (civil, health)}
    at_once(
        *[
            lambda pk=pk: merging.confirm_merge(member=members[pk], by=people[pk])
            for pk in (civil.pk, health.pk, health.pk)
        ]
    )
    assert MergePlan.objects.get().status == PlanStatus.ACTIVE
    assert (PrefillRun.objects.count(), plan.columns.count()) == (1, 5)


def test_nobody_agrees_to_what_they_have_not_seen(plan, civil, client):
    client.force_login(clerk("civil-affairs"))
    before = plan_stamp(plan)
    assert before in client.get(plan.get_absolute_url()).content.decode()
    _propose(form("public-security", NAME))
    url = reverse("ledgers:merge_confirm", args=[civil.membership.pk])
    answer = client.post(url, {"seen": before})
    assert answer.status_code == 409
    assert "合并方案刚刚有变动" in answer.content.decode()
    assert MergeMember.objects.get(template=civil).confirmed_at is None
    assert client.post(url, {"seen": plan_stamp(MergePlan.objects.get())}).status_code == 302
    assert MergeMember.objects.get(template=civil).confirmed_at


@pytest.mark.parametrize(
    ("role", "place", "status", "reason"),
    [
        (Role.DEPARTMENT_CLERK, "civil-affairs", "proposed", None),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "active", "方案填报中，不用再确认"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "closed", "方案已结束，不用再确认"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "dissolved", "方案已撤销，不用再确认"),
        (Role.DEPARTMENT_CLERK, "health", "proposed", "由部门civil-affairs确认"),
        (Role.DEPARTMENT_CLERK, "public-security", "proposed", "由部门civil-affairs确认"),
        (Role.LEDGER_REVIEWER, "civil-affairs", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.DATA_CENTRE, "data-centre", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.SYSTEM_OFFICER, "civil-affairs", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.SECURITY_OFFICER, "civil-affairs", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.AUDIT_OFFICER, "civil-affairs", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.VILLAGE_CADRE, VILLAGE, "proposed", "只有部门填报管理员可以确认合并"),
        (Role.GRID_LEADER, VILLAGE + "001", "proposed", "只有部门填报管理员可以确认合并"),
        (Role.TOWN_ADMIN, TOWN, "proposed", "只有部门填报管理员可以确认合并"),
        (None, "", "proposed", "只有部门填报管理员可以确认合并"),
    ],
)
def test_who_may_confirm_or_keep_apart(plan, civil, role, place, status, reason):
    MergePlan.objects.update(status=status)
    user = posted(role, place) if role else UserFactory()
    member = MergeMember.objects.select_related("plan").get(template=civil)
    assert why_not_confirm_merge(user, member) == reason
    if reason:
        for service in (merging.confirm_merge, merging.keep_apart):
            with pytest.raises(NotAllowed, match=reason):
                service(member=member, by=user)
        assert not MergeMember.objects.exclude(confirmed_at=None).exists()
        assert plan.members.count() == 2


# What the columns are


def test_the_column_is_required_if_any_form_says_so(plan, civil, health):
    FieldFactory(template=health, name="备案号", is_required=True)
    health.fields.filter(element=PHONE).update(is_required=True)
    _confirm(civil)
    _confirm(health)
    assert set(plan.columns.filter(is_required=True).values_list("label", flat=True)) == {PHONE, "备案号"}


def test_the_options_of_the_first_form_that_has_some_are_used(civil, health):
    civil.fields.filter(name="民政意见").update(options=["同意", "不同意"])
    health.fields.filter(element=SEX).update(options=["男", "女"])
    *_, plan = _propose(civil, health)
    _confirm(civil)
    _confirm(health)
    assert dict(plan.columns.exclude(options=[]).values_list("label", "data_type")) == {
        "民政意见": "choice",
        SEX: "text",
    }


def test_an_own_column_is_read_and_sealed_as_its_element_says_and_stays_on_the_form():
    """A registrar's ID number, or a second phone, is as much a secret as the first."""
    village(VILLAGE)
    person = PersonFactory(area_code=VILLAGE)
    DataElementFactory(id=PHONE, data_type="phone", is_encrypted=True)
    DataElementFactory(id="record.registrar_id_number", data_type="id_number", is_encrypted=True)
    template = form("civil-affairs", PHONE, PHONE, "record.registrar_id_number")
    (plan,) = _propose(template)
    _confirm(template)
    prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    sheet = CollectionSheet.objects.get()
    row, cadre = sheet.rows.get(), posted(Role.VILLAGE_CADRE, VILLAGE)
    second, registrar = plan.columns.filter(key__startswith="field:")
    typed = {second.key: "13911112222", registrar.key: "310230196209047926"}
    filling.save_cells(sheet=sheet, edits=[Edit(row.pk, key, 1, value) for key, value in typed.items()], by=cadre)
    row.refresh_from_db()
    assert all(row.cells[key]["v"].startswith("sm4:") for key in typed)
    assert not any(value in str(row.cells) for value in typed.values())
    filling.submit_sheet(sheet=sheet, by=cadre)
    person.refresh_from_db()
    assert (person.phone, person.facts) == ("", {})
    run = exporting.ExportRun(template=template, area_prefix="310151")
    rows = list(exporting.filled_rows(template, exporting.handed_in_rows(template, run.area_prefix)))
    assert rows == [[None, "13911112222", "310230196209047926"]]


def test_a_coded_own_column_takes_the_codes_of_its_element():
    village(VILLAGE)
    PersonFactory(area_code=VILLAGE)
    element = DataElementFactory(id=SEX, data_type="code")
    element.code_set = element.__class__.code_set.field.related_model.objects.create(code="sex", name="性别")
    element.code_set.items.create(code="2", name="女性", position=1)
    element.save()
    template = form("civil-affairs", SEX, SEX)
    (plan,) = _propose(template)
    _confirm(template)
    prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    sheet = CollectionSheet.objects.get()
    key = plan.columns.get(key__startswith="field:").key
    edit = Edit(sheet.rows.get().pk, key, 1, "女")
    filling.save_cells(sheet=sheet, edits=[edit], by=posted(Role.VILLAGE_CADRE, VILLAGE))
    cell = sheet.rows.get().cells[key]
    assert (cell["v"], "e" in cell) == ("2", False)


# Leaving


def test_kept_apart_a_form_has_a_plan_of_its_own(plan, civil, health):
    _confirm(civil)
    apart = merging.keep_apart(member=MergeMember.objects.get(template=health), by=clerk("health"))
    assert (_members(plan), _members(apart)) == (["civil-affairs"], ["health"])
    assert (apart.title, apart.due_on) == ("卫健台账", date(2026, 12, 10))
    plan.refresh_from_db()
    assert (plan.title, plan.due_on) == ("民政台账", date(2026, 12, 20))
    assert not MergeMember.objects.exclude(confirmed_at=None).exists()  # what was agreed to has changed
    assert _confirm(civil).status == _confirm(health).status == PlanStatus.ACTIVE


def test_a_form_that_agreed_and_then_leaves_is_asked_again(plan, health):
    _confirm(health)
    merging.keep_apart(member=MergeMember.objects.get(template=health), by=clerk("health"))
    assert MergeMember.objects.get(template=health).confirmed_at is None


def test_a_form_alone_cannot_be_kept_apart(civil):
    _propose(civil)
    with pytest.raises(InvalidTransition, match="不用分开"):
        merging.keep_apart(member=civil.membership, by=clerk("civil-affairs"))


def test_the_last_who_has_not_agreed_withdraws_and_the_others_can_still_send_it_down(plan, civil, health):
    _confirm(civil)
    merging.withdraw_template(template=health, by=clerk("health"))
    plan.refresh_from_db()
    assert (_members(plan), plan.due_on, plan.status) == (["civil-affairs"], date(2026, 12, 20), PlanStatus.PROPOSED)
    assert _confirm(civil).status == PlanStatus.ACTIVE
    health.refresh_from_db()
    assert health.status == TemplateStatus.WITHDRAWN


def test_the_only_form_withdrawn_dissolves_the_plan(civil):
    (plan,) = _propose(civil)
    merging.withdraw_template(template=civil, by=clerk("civil-affairs"))
    plan.refresh_from_db()
    assert plan.status == PlanStatus.DISSOLVED
    assert plan_summaries(posted(Role.LEDGER_REVIEWER, "civil-affairs")) == []


def test_what_was_sent_down_is_not_withdrawn(civil):
    _propose(civil)
    _confirm(civil)
    with pytest.raises(NotAllowed, match="模板已下发，不能再改"):
        merging.withdraw_template(template=civil, by=clerk("civil-affairs"))
    assert civil.membership


@pytest.mark.parametrize("status", list(TemplateStatus))
def test_who_may_withdraw(status):
    template = form("civil-affairs", NAME, status=status)
    over = status in (TemplateStatus.IN_USE, TemplateStatus.WITHDRAWN)
    assert why_not_change_template(clerk("civil-affairs"), template) == (
        f"模板{status.label}，不能再改" if over else None
    )
    assert why_not_change_template(clerk("health"), template) == "这是其他部门的模板"
    for outsider in (posted(Role.LEDGER_REVIEWER, "civil-affairs"), posted(Role.TOWN_ADMIN, TOWN), UserFactory()):
        assert why_not_change_template(outsider, template) == "只有部门填报管理员可以管理台账模板"
        with pytest.raises(NotAllowed):
            merging.withdraw_template(template=template, by=outsider)


@pytest.mark.django_db(transaction=True)
def test_leaving_twice_at_the_same_moment_leaves_once(plan, health):
    _propose(form("public-security", NAME))
    member, by = MergeMember.objects.get(template=health), clerk("health")
    _, second = while_unfinished(
        lambda: merging.keep_apart(member=member, by=by), lambda: merging.keep_apart(member=member, by=by)
    )
    assert isinstance(second, Outdated)
    assert MergePlan.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_confirming_what_was_withdrawn_at_that_moment_is_told(plan, health):
    member, by = MergeMember.objects.get(template=health), clerk("health")
    _, second = while_unfinished(
        lambda: merging.withdraw_template(template=health, by=by), lambda: merging.confirm_merge(member=member, by=by)
    )
    assert isinstance(second, Outdated)
    health.refresh_from_db()
    assert health.status == TemplateStatus.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_withdrawing_what_was_sent_down_at_that_moment_is_refused(civil):
    (plan,) = _propose(civil)
    by = clerk("civil-affairs")
    _, second = while_unfinished(
        lambda: merging.confirm_merge(member=civil.membership, by=by),
        lambda: merging.withdraw_template(template=civil, by=by),
    )
    assert isinstance(second, NotAllowed)
    civil.refresh_from_db()
    assert (civil.status, plan.members.count()) == (TemplateStatus.IN_USE, 1)


# A prefill that was given up


def test_a_prefill_given_up_can_be_gone_on_with_from_the_page(civil, client):
    village(VILLAGE)
    PersonFactory(area_code=VILLAGE)
    (plan,) = _propose(civil)
    _confirm(civil)
    PrefillRun.objects.update(status=RunStatus.FAILED, error="处理了三次都没有完成，请联系管理员")
    client.force_login(clerk("civil-affairs"))
    again = reverse("ledgers:prefill_again", args=[plan.pk])
    page = client.get(plan.get_absolute_url()).content.decode()
    assert "处理了三次都没有完成" in page
    assert again in page
    assert client.post(again).status_code == 302
    assert again not in client.get(plan.get_absolute_url()).content.decode()
    prefilling.run_prefill(run_id=plan.prefill_runs.first().pk)
    assert plan.sheets.count() == 1


@pytest.mark.parametrize(
    ("role", "place", "status", "run", "reason"),
    [
        (Role.DEPARTMENT_CLERK, "civil-affairs", "active", "failed", None),
        (Role.LEDGER_REVIEWER, "civil-affairs", "active", "failed", None),
        (Role.DATA_CENTRE, "data-centre", "active", "failed", None),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "active", "done", "下发已完成，不用重试"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "active", "queued", "下发还在进行，请等它完成"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "active", "running", "下发还在进行，请等它完成"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "proposed", "failed", "方案待部门确认，不能重新下发"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "closed", "failed", "方案已结束，不能重新下发"),
        (Role.DEPARTMENT_CLERK, "public-security", "active", "failed", "由参与的部门或合并审核员重试"),
        (Role.VILLAGE_CADRE, VILLAGE, "active", "failed", "由参与的部门或合并审核员重试"),
        (Role.AUDIT_OFFICER, "data-centre", "active", "failed", "由参与的部门或合并审核员重试"),
    ],
)
def test_who_may_go_on_with_a_prefill(plan, role, place, status, run, reason):
    MergePlan.objects.update(status=status)
    plan.refresh_from_db()
    PrefillRun.objects.create(plan=plan, area_prefix="310151", status=run)
    user = posted(role, place)
    assert why_not_prefill_again(user, plan) == reason
    if reason:
        with pytest.raises(NotAllowed, match=reason):
            merging.prefill_again(plan=plan, by=user)
    assert PrefillRun.objects.count() == 1


# Who sees it


def test_a_department_sees_the_plans_its_own_forms_are_in(plan, civil):
    (alone,) = _propose(form("public-security", SEX, population="minors"))
    seen = {name: set(MergePlan.objects.visible_to(clerk(name))) for name in ("civil-affairs", "public-security")}
    assert seen == {"civil-affairs": {plan}, "public-security": {alone}}
    assert set(MergePlan.objects.visible_to(posted(Role.LEDGER_REVIEWER, "civil-affairs"))) == {plan, alone}
    for outsider in (posted(Role.VILLAGE_CADRE, VILLAGE), posted(Role.TOWN_ADMIN, TOWN), UserFactory()):
        assert not MergePlan.objects.visible_to(outsider).exists()


def test_a_field_still_open_keeps_its_form_out(civil):
    civil.fields.filter(name="民政意见").update(decision=Decision.REVIEW)
    assert not merging.is_settled(civil)
    civil.fields.filter(name="民政意见").update(decision=Decision.WAITING)
    assert not merging.is_settled(civil)
    civil.fields.filter(name="民政意见").update(decision=Decision.NONE)
    assert merging.is_settled(civil)


def test_areas_are_told_apart_by_code():
    area = AreaFactory(code=TOWN)
    assert len(set(_propose(form("a", NAME), form("b", NAME, area=area)))) == 2


def test_whoever_sends_a_form_down_is_shown_that_villages_are_being_asked_the_same(civil, client):
    village(VILLAGE)
    (first,) = _propose(civil)
    _confirm(civil)
    again = form("civil-affairs", NAME, PHONE, "民政意见", title="民政台账")
    plan = merging.propose_merge(template=again)
    (asked,) = already_asked(plan)
    assert (asked.plan, len(asked.items)) == (first, 2)
    client.force_login(clerk("civil-affairs"))
    assert "村居正在填报相同的项" in client.get(plan.get_absolute_url()).content.decode()
