"""The review queue (对应审核): one answer settles every field with that name and context."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.models import DataElement, ElementAlias
from apps.ledgers import permissions
from apps.ledgers.models import FormField
from apps.ledgers.selectors import matching as selectors
from apps.ledgers.services import matching

OWN = "none"  # 部门自用项


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    after = request.GET.get("after", "")
    context = {
        "questions": selectors.questions(after=int(after) if after.isdigit() else 0),
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
    number = request.GET.get("field", "")
    field = get_object_or_404(FormField, pk=number if number.isdigit() else 0)
    words = request.GET.get("q", "").strip()
    context = {"elements": selectors.find_elements(words), "words": words, "field_id": field.pk}
    return render(request, "ledgers/elements.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    if reason := permissions.why_not_answer(request.user):
        raise PermissionDenied(reason)
    field = get_object_or_404(FormField, pk=pk)
    chosen = request.POST.get("element", "")
    element = None if chosen == OWN else get_object_or_404(DataElement, pk=chosen)
    alias = matching.answer_field(field=field, element=element, by=request.user)
    meaning = element.name if element else "部门自用项"
    messages.success(request, f"“{field.name}”已对应到“{meaning}”，共 {alias.fields.count()} 项")
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
