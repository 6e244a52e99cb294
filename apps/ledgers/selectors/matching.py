"""The review queue (待审核对应): one question a name and context, however many forms ask it."""

from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Length

from apps.catalog.models import DataElement, ElementAlias
from apps.ledgers.models import Decision, FormField, TemplateStatus

QUESTIONS_A_PAGE = 20


@dataclass(frozen=True)
class Candidate:
    """候选数据元: what it means, how sure the matcher is (0–1), and forms that already use it."""

    element: DataElement
    score: float
    used_by: list[str]


@dataclass(frozen=True)
class Question:
    """一个待审核项: the field it stands for, the fields before and after it, and its candidates."""

    field: FormField
    forms: list[str]
    neighbours: list[FormField]
    candidates: list[Candidate]


def open_fields() -> QuerySet[FormField]:
    return FormField.objects.filter(decision=Decision.REVIEW, template__status=TemplateStatus.REVIEW)


def questions(*, after: int = 0) -> list[Question]:
    """The next questions, in a constant number of queries; `after` is the field id of the last one shown."""
    groups = list(
        open_fields()
        .values("name_norm", "context")
        .annotate(first=Min("pk"), times=Count("pk"))
        .filter(first__gt=after)
        .order_by("first")[:QUESTIONS_A_PAGE]
    )
    fields = FormField.objects.select_related("template__department").in_bulk([group["first"] for group in groups])
    wanted = {element for field in fields.values() for element, _ in field.candidates}
    elements = DataElement.objects.in_bulk(wanted)
    used = _forms_using(wanted)
    alike = _forms_asking({(group["name_norm"], group["context"]) for group in groups})
    around = _neighbours(list(fields.values()))
    return [
        Question(
            field=fields[group["first"]],
            forms=alike[group["name_norm"], group["context"]],
            neighbours=around[group["first"]],
            candidates=[
                Candidate(elements[element], score, used.get(element, []))
                for element, score in fields[group["first"]].candidates
                if element in elements
            ],
        )
        for group in groups
    ]


def _forms_using(elements: set[str]) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    rows = FormField.objects.filter(element_id__in=elements).values_list("element_id", "template__title").distinct()
    for element, title in rows:
        used.setdefault(element, []).append(title)
    return used


def _forms_asking(groups: set[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    asking: dict[tuple[str, str], list[str]] = {group: [] for group in groups}
    rows = open_fields().filter(name_norm__in={name for name, _ in groups})
    for name, context, title in rows.values_list("name_norm", "context", "template__title").distinct():
        if (name, context) in asking:
            asking[name, context].append(title)
    return asking


def _neighbours(fields: list[FormField]) -> dict[int, list[FormField]]:
    """Up to three fields on either side, in the order of the form."""
    everything: dict[int, list[FormField]] = {}
    for field in FormField.objects.filter(template__in={field.template_id for field in fields}).order_by("position"):
        everything.setdefault(field.template_id, []).append(field)
    return {
        field.pk: [other for other in everything[field.template_id] if abs(other.position - field.position) <= 3]
        for field in fields
    }


ANSWERS_SHOWN, ELEMENTS_SHOWN = 10, 12


def latest_answers() -> QuerySet[ElementAlias]:
    """The last answers in force, with how many fields each settled (最近的答复)."""
    answers = ElementAlias.objects.in_force().select_related("element", "answered_by")
    return answers.annotate(times=Count("fields")).order_by("-answered_at")[:ANSWERS_SHOWN]


def find_elements(words: str) -> QuerySet[DataElement]:
    """Elements by name or definition, shortest name first (查找数据元)."""
    if not words:
        return DataElement.objects.none()
    found = DataElement.objects.filter(Q(name__icontains=words) | Q(definition__icontains=words))
    return found.order_by(Length("name"), "pk")[:ELEMENTS_SHOWN]
