"""A worker matches a form once; what it is not sure of a reviewer answers once, for every form that asks it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.roles import Role
from apps.catalog.models import DataElement, ElementAlias
from apps.catalog.services import load_code_sets, load_elements
from apps.core.background import requeue_stranded
from apps.core.errors import DomainError, NotAllowed, Outdated
from apps.core.models import MOST_ATTEMPTS, RunStatus
from apps.ledgers.models import Decision, FormField, FormTemplate, MatchRun, MergePlan, TemplateStatus
from apps.ledgers.permissions import why_not_answer, why_not_match_again
from apps.ledgers.selectors.matching import questions
from apps.ledgers.services import matching, merging, templates
from tests.factories import DataElementFactory, UserFactory
from tests.factories.ledgers import FieldFactory, TemplateFactory, clerk, form, open_field, posted
from tests.together import at_once, while_unfinished

pytestmark = pytest.mark.django_db
VILLAGE, TOWN = "310151101201", "310151101"
DOUBTFUL = "家庭情况"  # the matcher asks a person about it


@pytest.fixture
def reviewer():
    return posted(Role.LEDGER_REVIEWER, "civil-affairs")


@pytest.fixture
def housing():
    return DataElementFactory(id="household.housing_situation", name="家庭住房状况")


@pytest.fixture
def registry():
    load_code_sets()
    load_elements()


def _described(*names, title="居民台账") -> MatchRun:
    """A form whose clerk has said what it is about; its fields wait for a worker."""
    template = TemplateFactory(title=title, status=TemplateStatus.MATCHING)
    for name in names:
        FieldFactory(template=template, name=name, element=None, decision=Decision.WAITING)
    return MatchRun.objects.create(template=template)


def _run(run: MatchRun) -> MatchRun:
    matching.run_matching(run_id=run.pk)
    run.refresh_from_db()
    run.template.refresh_from_db()
    return run


def _lose_the_worker(run: MatchRun) -> MatchRun:
    claimed = MatchRun.claim(run.pk)
    MatchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    return claimed


def _give_up(run: MatchRun) -> None:
    for _ in range(MOST_ATTEMPTS):
        _lose_the_worker(run)
    requeue_stranded()


def _decisions(template) -> dict[str, tuple[str, str | None]]:
    return {name: (decision, element) for name, decision, element in template.fields.values_list(
        "name", "decision", "element_id")}  # fmt: skip


# The worker


def test_what_is_certain_is_decided_and_the_form_is_proposed(registry):
    run = _run(_described("姓名", "身份证号", "血压"))
    assert _decisions(run.template) == {
        "姓名": ("auto", "person.name"),
        "身份证号": ("auto", "person.id_number"),
        "血压": ("none", None),
    }
    assert run.template.status == TemplateStatus.READY
    assert run.template.membership.plan.status == "proposed"
    assert (run.status, run.progress_done, run.progress_total, run.percent) == (RunStatus.DONE, 3, 3, 100)


def test_what_is_not_waits_for_a_person_with_candidates_and_a_reason(registry):
    run = _run(_described("姓名", DOUBTFUL))
    field = run.template.fields.get(name=DOUBTFUL)
    assert (field.decision, field.element) == (Decision.REVIEW, None)
    assert 1 <= len(field.candidates) <= 5
    assert field.reason
    assert run.template.status == TemplateStatus.REVIEW
    assert not MergePlan.objects.exists()


def test_a_second_message_changes_nothing(registry):
    run = _run(_described("姓名", DOUBTFUL))
    before = list(FormField.history.values_list("history_id", flat=True))
    _run(run)
    assert list(FormField.history.values_list("history_id", flat=True)) == before
    assert run.attempts == 1


def test_a_run_is_taken_over_from_a_worker_that_died(registry):
    run = _described("姓名")
    _lose_the_worker(run)
    assert run in MatchRun.objects.stranded()
    assert _run(run).attempts == 2
    assert run.template.status == TemplateStatus.READY
    assert MergePlan.objects.count() == 1


def test_a_form_withdrawn_while_it_waited_stays_as_it_was(registry):
    run = _described("姓名")
    FormTemplate.objects.update(status=TemplateStatus.WITHDRAWN)
    assert _run(run).status == RunStatus.DONE
    assert _decisions(run.template) == {"姓名": ("waiting", None)}
    assert run.template.status == TemplateStatus.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_run_match_once(registry):
    run = _described("姓名", "身份证号")
    assert at_once(*[lambda: matching.run_matching(run_id=run.pk)] * 2) == [None, None]
    run.refresh_from_db()
    assert (run.status, run.attempts) == (RunStatus.DONE, 1)
    assert FormField.history.count() == 4  # made, then decided, each field once
    assert MergePlan.objects.count() == 1


# A run that was given up


def test_a_run_given_up_says_why_and_its_clerk_can_try_again(client, registry):
    run = _described("姓名")
    _give_up(run)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    client.force_login(clerk(run.template.department_id))
    page = client.get(run.template.get_absolute_url()).content.decode()
    again = reverse("ledgers:match_again", args=[run.template.pk])
    assert "处理了三次都没有完成" in page
    assert again in page
    assert client.post(again).status_code == 302
    assert again not in client.get(run.template.get_absolute_url()).content.decode()
    assert _run(run.template.match_runs.first()).template.status == TemplateStatus.READY


@pytest.mark.parametrize(
    ("role", "place", "status", "run", "reason"),
    [
        (Role.DEPARTMENT_CLERK, "civil-affairs", "matching", "failed", None),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "matching", "queued", "识别还在进行，请等它完成"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "matching", "running", "识别还在进行，请等它完成"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "review", "done", "模板待审核对应，不用再识别"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "in_use", "failed", "模板已下发，不能再改"),
        (Role.DEPARTMENT_CLERK, "civil-affairs", "withdrawn", "failed", "模板已撤回，不能再改"),
        (Role.DEPARTMENT_CLERK, "health", "matching", "failed", "这是其他部门的模板"),
        (Role.LEDGER_REVIEWER, "civil-affairs", "matching", "failed", "只有部门填报管理员可以管理台账模板"),
        (Role.VILLAGE_CADRE, VILLAGE, "matching", "failed", "只有部门填报管理员可以管理台账模板"),
    ],
)
def test_who_may_have_a_form_matched_again(role, place, status, run, reason):
    template = TemplateFactory(status=status)
    MatchRun.objects.create(template=template, status=run)
    user = posted(role, place)
    assert why_not_match_again(user, template) == reason
    if reason:
        with pytest.raises(NotAllowed, match=reason):
            templates.match_again(template=template, by=user)
        assert MatchRun.objects.count() == 1


# The answer


@pytest.mark.parametrize(
    ("role", "place", "may"),
    [
        (Role.LEDGER_REVIEWER, "civil-affairs", True),
        (Role.DATA_CENTRE, "data-centre", True),
        (Role.DEPARTMENT_CLERK, "civil-affairs", False),
        (Role.SYSTEM_OFFICER, "data-centre", False),
        (Role.SECURITY_OFFICER, "data-centre", False),
        (Role.AUDIT_OFFICER, "data-centre", False),
        (Role.VILLAGE_CADRE, VILLAGE, False),
        (Role.GRID_LEADER, VILLAGE + "001", False),
        (Role.TOWN_ADMIN, TOWN, False),
        (None, "", False),
    ],
)
def test_who_may_answer(role, place, may, housing):
    user = posted(role, place) if role else UserFactory()
    reason = None if may else "只有合并审核员和大数据中心可以审核对应"
    assert why_not_answer(user) == reason
    field = open_field(form("health"), DOUBTFUL)
    if may:
        alias = matching.answer_field(field=field, element=housing, by=user)
        assert matching.undo_answer(alias=alias, by=user) == 1
    else:
        with pytest.raises(NotAllowed, match=reason):
            matching.answer_field(field=field, element=housing, by=user)
        alias = ElementAlias.objects.create(name_norm=DOUBTFUL, element=housing, answered_by=UserFactory())
        with pytest.raises(NotAllowed, match=reason):
            matching.undo_answer(alias=alias, by=user)


def test_one_answer_settles_every_form_that_asks_the_same_in_the_same_context(reviewer, housing):
    ours, theirs, other = form("civil-affairs", "person.name"), form("health"), form("health", title="户主台账")
    asked = [open_field(ours, DOUBTFUL), open_field(theirs, DOUBTFUL), open_field(theirs, DOUBTFUL)]
    elsewhere = open_field(other, DOUBTFUL, context="head")
    alias = matching.answer_field(field=asked[0], element=housing, by=reviewer)
    settled = FormField.objects.filter(alias=alias)
    assert {field.pk for field in settled} == {field.pk for field in asked}
    assert {(f.decision, f.element_id) for f in settled} == {("confirmed", housing.pk)}
    assert all(reviewer.name in field.reason for field in settled)
    elsewhere.refresh_from_db()
    assert elsewhere.decision == Decision.REVIEW
    statuses = dict(FormTemplate.objects.values_list("pk", "status"))
    assert statuses == {ours.pk: "ready", theirs.pk: "ready", other.pk: "review"}


def test_the_same_answer_twice_within_one_form_does_not_merge_by_itself(reviewer, housing):
    template = form("health")
    for _ in range(2):
        field = open_field(template, DOUBTFUL)
    matching.answer_field(field=field, element=housing, by=reviewer)
    member = FormTemplate.objects.get().membership
    merging.confirm_merge(member=member, by=clerk("health"))
    keys = set(member.plan.columns.values_list("key", flat=True))
    assert keys == {housing.pk, f"field:{field.pk}"}


def test_the_next_form_that_asks_it_needs_no_person(registry, reviewer):
    first = _run(_described(DOUBTFUL))
    housing = DataElement.objects.get(pk="household.housing_situation")
    matching.answer_field(field=first.template.fields.get(), element=housing, by=reviewer)
    second = _run(_described(DOUBTFUL, "姓名"))
    assert second.template.status == TemplateStatus.READY
    field = second.template.fields.get(name=DOUBTFUL)
    assert (field.decision, field.element, field.alias) == (Decision.CONFIRMED, housing, ElementAlias.objects.get())


def test_the_departments_own_item_has_no_element_and_is_not_asked_again(registry, reviewer):
    first = _run(_described(DOUBTFUL))
    matching.answer_field(field=first.template.fields.get(), element=None, by=reviewer)
    second = _run(_described(DOUBTFUL))
    for template in (first.template, second.template):
        assert _decisions(template) == {DOUBTFUL: ("none", None)}
    assert first.template.fields.get().alias == second.template.fields.get().alias
    assert MergePlan.objects.count() == 2


def test_answered_is_answered(reviewer, housing):
    field = open_field(form("health"), DOUBTFUL)
    matching.answer_field(field=field, element=housing, by=reviewer)
    with pytest.raises(Outdated, match="已经有人审核过了"):
        matching.answer_field(field=field, element=None, by=reviewer)
    assert ElementAlias.objects.count() == 1


def test_a_form_taken_back_is_not_answered_for(reviewer, housing):
    template = form("health")
    field = open_field(template, DOUBTFUL)
    merging.withdraw_template(template=template, by=clerk("health"))
    assert questions() == []
    with pytest.raises(Outdated, match="已经撤回"):
        matching.answer_field(field=field, element=housing, by=reviewer)
    assert not ElementAlias.objects.exists()


@pytest.mark.parametrize("chosen", ["", "no.such", "\x00"])
def test_a_choice_that_is_none_settles_nothing(client, reviewer, chosen):
    field = open_field(form("health"), DOUBTFUL)
    client.force_login(reviewer)
    answer = client.post(reverse("ledgers:answer", args=[field.pk]), {"element": chosen}, follow=True)
    assert "请选定它对应的数据元" in answer.content.decode()
    assert not ElementAlias.objects.exists()


# Taking it back


def test_undo_opens_the_question_again_and_takes_the_form_out_of_its_proposal(reviewer, housing):
    ours, theirs = form("civil-affairs", "person.name"), form("health", "person.name")
    merging.propose_merge(template=theirs)
    field = open_field(ours, DOUBTFUL)
    alias = matching.answer_field(field=field, element=housing, by=reviewer)
    plan = MergePlan.objects.get()
    assert plan.members.count() == 2
    assert matching.undo_answer(alias=alias, by=reviewer) == 1
    field.refresh_from_db()
    ours.refresh_from_db()
    alias.refresh_from_db()
    assert (field.decision, field.element, field.alias) == (Decision.REVIEW, None, None)
    assert ours.status == TemplateStatus.REVIEW
    assert [member.template for member in plan.members.all()] == [theirs]
    assert (alias.withdrawn_by, alias in ElementAlias.objects.in_force()) == (reviewer, False)
    assert [question.field for question in questions()] == [field]


def test_the_question_can_be_answered_otherwise_after_undo(reviewer, housing):
    field = open_field(form("health"), DOUBTFUL)
    alias = matching.answer_field(field=field, element=housing, by=reviewer)
    matching.undo_answer(alias=alias, by=reviewer)
    matching.answer_field(field=field, element=None, by=reviewer)
    field.refresh_from_db()
    assert (field.decision, ElementAlias.objects.count(), MergePlan.objects.exclude(status="dissolved").count()) == (
        Decision.NONE, 2, 1,
    )  # fmt: skip


def test_a_form_alone_in_its_proposal_leaves_none_behind(reviewer, housing):
    field = open_field(form("health"), DOUBTFUL)
    alias = matching.answer_field(field=field, element=housing, by=reviewer)
    matching.undo_answer(alias=alias, by=reviewer)
    assert MergePlan.objects.get().status == "dissolved"


def test_undo_is_refused_once_a_form_with_the_answer_was_sent_down(reviewer, housing):
    field = open_field(form("health"), DOUBTFUL)
    alias = matching.answer_field(field=field, element=housing, by=reviewer)
    merging.confirm_merge(member=MergePlan.objects.get().members.get(), by=clerk("health"))
    with pytest.raises(DomainError, match="已经下发，不能撤销"):
        matching.undo_answer(alias=alias, by=reviewer)
    field.refresh_from_db()
    assert field.decision == Decision.CONFIRMED


def test_undone_is_undone(reviewer, housing):
    alias = matching.answer_field(field=open_field(form("health"), DOUBTFUL), element=housing, by=reviewer)
    matching.undo_answer(alias=alias, by=reviewer)
    with pytest.raises(Outdated, match="已经撤销过了"):
        matching.undo_answer(alias=alias, by=reviewer)


# At the same moment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_form", [True, False])
def test_the_second_of_two_reviewers_is_told(reviewer, housing, same_form):
    colleague = posted(Role.DATA_CENTRE, "data-centre")
    mine = open_field(form("health"), DOUBTFUL)
    theirs = mine if same_form else open_field(form("civil-affairs"), DOUBTFUL)
    first, second = while_unfinished(
        lambda: matching.answer_field(field=mine, element=housing, by=reviewer),
        lambda: matching.answer_field(field=theirs, element=None, by=colleague),
    )
    assert isinstance(second, Outdated)
    assert "已经有人审核过了" in str(second)
    assert list(ElementAlias.objects.all()) == [first]
    assert set(FormField.objects.values_list("element", flat=True)) == {housing.pk}


@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_holds(reviewer, housing):
    fields = [open_field(form("health"), DOUBTFUL) for _ in range(4)]
    results = at_once(
        *[lambda field=field: matching.answer_field(field=field, element=housing, by=reviewer) for field in fields]
    )
    assert sorted(type(result).__name__ for result in results) == ["ElementAlias"] + ["Outdated"] * 3
    assert MergePlan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_given_while_another_form_is_matched_reaches_it(registry, reviewer):
    """Else the question would stay open beside its answer, and answering it again would end in an error."""
    field = _run(_described(DOUBTFUL)).template.fields.get()
    housing = DataElement.objects.get(pk="household.housing_situation")
    late = _described(DOUBTFUL)
    while_unfinished(
        lambda: matching.run_matching(run_id=late.pk),
        lambda: matching.answer_field(field=field, element=housing, by=reviewer),
    )
    assert _decisions(late.template) == {DOUBTFUL: ("confirmed", housing.pk)}
    later = _described(DOUBTFUL)
    alias = ElementAlias.objects.get()
    while_unfinished(
        lambda: matching.undo_answer(alias=alias, by=reviewer),
        lambda: matching.run_matching(run_id=later.pk),
    )
    assert _decisions(later.template) == {DOUBTFUL: ("review", None)}


@pytest.mark.django_db(transaction=True)
def test_an_answer_does_not_bring_back_a_form_withdrawn_at_that_moment(reviewer, housing):
    template = form("health")
    field = open_field(template, DOUBTFUL)
    by = clerk("health")
    _, answer = while_unfinished(
        lambda: merging.withdraw_template(template=template, by=by),
        lambda: matching.answer_field(field=field, element=housing, by=reviewer),
    )
    template.refresh_from_db()
    assert template.status == TemplateStatus.WITHDRAWN
    assert isinstance(answer, Outdated)


@pytest.mark.django_db(transaction=True)
def test_undo_does_not_take_a_form_out_of_a_plan_sent_down_at_that_moment(reviewer, housing):
    field = open_field(form("health"), DOUBTFUL)
    alias = matching.answer_field(field=field, element=housing, by=reviewer)
    by, plan = clerk("health"), MergePlan.objects.get()
    _, undone = while_unfinished(
        lambda: merging.confirm_merge(member=plan.members.get(), by=by),
        lambda: matching.undo_answer(alias=alias, by=reviewer),
    )
    assert "已经下发，不能撤销" in str(undone)
    assert plan.members.count() == 1
    assert FormTemplate.objects.get().status == TemplateStatus.IN_USE
