"""The review queue (对应审核): one answer settles every field with that name and context."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.models import DataElement, ElementAlias
from apps.catalog.values.text import without_invisible
from apps.ledgers import permissions
from apps.ledgers.models import FormField
from apps.ledgers.selectors import matching as selectors
from apps.ledgers.services import matching
from apps.ledgers.views.sheets import read_number

OWN = "none"  # 部门自用项


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    after = read_number(request.GET.get("after", ""))
    questions = selectors.questions(after=after)
    is_full = len(questions) == selectors.QUESTIONS_A_PAGE
    context = {
        "questions": questions,
        "next_url": f"?after={questions[-1].field.pk}" if is_full else "",
        "first_url": reverse("ledgers:review") if after else "",
        "open_count": selectors.open_fields().count(),
        "answers": selectors.latest_answers(),
    }
    return render(request, "ledgers/review.html", context)


@login_required
@require_safe
def search_elements(request: HttpRequest) -> HttpResponse:
    """Elements whose name or definition holds the words, when none of the five fits (查找数据元)."""
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    field = get_object_or_404(FormField, pk=read_number(request.GET.get("field", "")))
    words = without_invisible(request.GET.get("q", "")).strip()[:40]
    context = {"elements": selectors.find_elements(words), "words": words, "field": field}
    return render(request, "ledgers/includes/element_hits.html" if request.htmx else "ledgers/elements.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    field = get_object_or_404(FormField, pk=pk)
    chosen = without_invisible(request.POST.get("element", ""))
    element = DataElement.objects.filter(pk=chosen).first()
    if element is None and chosen != OWN:
        messages.error(request, f"请选定它对应的数据元，再确认“{field}”")
        return redirect("ledgers:review")
    alias = matching.answer_field(field=field, element=element, by=request.user)
    meaning = element.name if element else "部门自用项"
    messages.success(request, f"“{field}”已对应到“{meaning}”，共 {alias.fields.count()} 项")
    return redirect("ledgers:review")


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    alias = get_object_or_404(ElementAlias, pk=pk)
    reopened = matching.undo_answer(alias=alias, by=request.user)
    messages.success(request, f"已撤销，{reopened} 项重新待审核")
    return redirect("ledgers:review")
