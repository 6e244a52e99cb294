"""Ledgers of the demo district (演示台账): real public forms on their way, so that every role finds work to do.

In use: 民政 and 卫健 ask the same old people, merged and prefilled, one village has handed in. Proposed: 公安 and 卫健
ask about every resident; 残联's register of 77 columns stands alone. In review: 残联's list of visits. A draft: 民政's
list of 低保, just uploaded.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

import apps.ledgers
from apps.accounts.models import User
from apps.catalog.models import DataElement
from apps.ledgers.models import CollectionSheet, Decision, FormTemplate, MergePlan
from apps.ledgers.services import filling, matching, merging, prefilling, templates
from apps.ledgers.services.filling import Edit
from apps.ledgers.workbooks import HeadingCell, build_template
from apps.organizations.models import Area

PUBLIC_FORMS = Path(apps.ledgers.__file__).parent / "data" / "public_forms.json"
OWN_FORMS = Path(__file__).parent / "data" / "demo_forms.json"
DISTRICT, REVIEWER = "310151", "shenhe"
NEIGHBOUR, NEIGHBOURS_CADRE = "310151105202", "dongxin"
EXAMPLES = {  # what the neighbouring village answers, by the name of the item
    "居住状况": "与配偶同住",
    "紧急联系人": "张建国",
    "紧急联系人电话": "13801234567",
}


@dataclass(frozen=True)
class DemoForm:
    """演示模板: a public form, whose clerk uploads it, and what the clerk says of it."""

    form: str
    clerk: str
    population: str
    period: str
    days: int
    legal_basis: str
    required: frozenset[str] = field(default=frozenset())


IN_USE = [
    DemoForm("d064", "minzheng", "aged_60", "quarterly", 6, "上海市养老服务条例", frozenset(EXAMPLES) | {"姓名"}),
    DemoForm("d039", "weijian", "aged_60", "quarterly", 9, "国家基本公共卫生服务规范", frozenset({"姓名"})),
]
PROPOSED = [
    DemoForm("d001", "gongan", "all", "monthly", 20, "上海市实有人口服务和管理若干规定"),
    DemoForm("d043", "weijian", "all", "monthly", 25, "人口与计划生育法"),
    DemoForm("d071", "canlian", "manual", "yearly", 40, "残疾人保障法"),
]
IN_REVIEW = [DemoForm("visit", "canlian", "manual", "yearly", 30, "残疾人保障法")]
DRAFT = DemoForm("d089", "minzheng", "all", "monthly", 30, "社会救助暂行办法")


def demo_forms() -> dict[str, dict]:
    """The forms that ship with the project, by id: real public ones (公开的真实表单), and one of ours."""
    files = (PUBLIC_FORMS, OWN_FORMS)
    return {form["id"]: form for file in files for form in json.loads(file.read_text(encoding="utf-8"))}


def workbook(form: dict, department: str) -> bytes:
    """A public form as the Excel template a department would send, group headings merged; 序号 stands there anyway."""
    items = [item for item in form["fields"] if item["name"] != "序号"]
    headings = [HeadingCell(item["name"], item.get("group") or "", item.get("comment") or "") for item in items]
    return build_template(form["form"], headings, department=department)


def load() -> int:
    """Bring the demo forms in, once. Returns how many templates there are."""
    if not FormTemplate.objects.exists():
        for demo_form in IN_USE + PROPOSED:
            template = _upload(demo_form)
            _describe(template, demo_form)
            _answer(template)
        for demo_form in IN_REVIEW:
            _describe(_upload(demo_form), demo_form)
        _upload(DRAFT)
        for plan in MergePlan.objects.filter(population=IN_USE[0].population):
            _send_down(plan)
    return FormTemplate.objects.count()


def _upload(demo_form: DemoForm) -> FormTemplate:
    clerk = User.objects.get(username=demo_form.clerk)
    form = demo_forms()[demo_form.form]
    content = workbook(form, clerk.posting.department.short_name)
    return templates.upload_template(content=content, filename=f"{form['form']}.xlsx", by=clerk)


def _describe(template: FormTemplate, demo_form: DemoForm) -> None:
    names = dict(template.fields.values_list("pk", "name"))
    run = templates.describe_template(
        template=template,
        title=template.title,
        row_subject="person",
        population=demo_form.population,
        area=Area.objects.get(code=DISTRICT),
        period=demo_form.period,
        due_on=timezone.localdate() + timedelta(days=demo_form.days),
        legal_basis=demo_form.legal_basis,
        required=[pk for pk, name in names.items() if name in demo_form.required],
        by=template.created_by,
    )
    matching.run_matching(run_id=run.pk)


def _answer(template: FormTemplate) -> None:
    """The reviewer has settled what was open, by the first candidate."""
    reviewer = User.objects.get(username=REVIEWER)
    while field := template.fields.filter(decision=Decision.REVIEW).first():
        element = DataElement.objects.get(pk=field.candidates[0][0])
        matching.answer_field(field=field, element=element, by=reviewer)


def _send_down(plan: MergePlan) -> None:
    for member in plan.members.select_related("template__created_by"):
        merging.confirm_merge(member=member, by=member.template.created_by)
    for run in plan.prefill_runs.all():
        prefilling.run_prefill(run_id=run.pk)
    _hand_in(plan.sheets.get(area=NEIGHBOUR))


def _hand_in(sheet: CollectionSheet) -> None:
    """The neighbouring village has filled its sheet in, so the town has something to check."""
    cadre = User.objects.get(username=NEIGHBOURS_CADRE)
    columns = list(sheet.plan.columns.all())
    edits = [
        Edit(row.pk, column.key, row.version, EXAMPLES[column.label])
        for row in sheet.rows.all()
        for column in columns
        if column.label in EXAMPLES and column.key not in row.cells
    ]
    edits += [
        Edit(row.pk, key, row.version, choose="current")
        for row in sheet.rows.filter(conflicts__gt=0)
        for key, cell in row.cells.items()
        if "alt" in cell
    ]
    filling.save_cells(sheet=sheet, edits=edits, by=cadre)
    for row in sheet.rows.all():
        filling.confirm_rows(sheet=sheet, versions={row.pk: row.version}, by=cadre)
    filling.submit_sheet(sheet=sheet, by=cadre)
