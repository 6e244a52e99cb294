"""The town's check of what a village handed in (街镇审核)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.ledgers.forms import CheckForm
from apps.ledgers.models import CollectionSheet, Verdict
from apps.ledgers.services import checking


@login_required
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CollectionSheet.objects.visible_to(request.user).select_related("area", "plan"), pk=pk)
    form = CheckForm(request.POST)
    if not form.is_valid():
        for error in form.errors.values():
            messages.error(request, error[0])
        return redirect(found)
    submission = checking.check_sheet(sheet=found, **form.cleaned_data, by=request.user)
    done = "已审核通过" if submission.verdict == Verdict.ACCEPTED else "已退回补正"
    messages.success(request, f"{found.area.short_name}《{found.plan.title}》{done}")
    return redirect("portal:workbench")
