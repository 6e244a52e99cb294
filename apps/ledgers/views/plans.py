"""Merging (要素合并): what is asked once instead of several times, and who has agreed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.roles import Permission
from apps.ledgers.models import MergeMember, MergePlan, PlanStatus
from apps.ledgers.permissions import why_not_confirm_merge, why_not_prefill_again
from apps.ledgers.selectors import plans as selectors
from apps.ledgers.selectors import progress
from apps.ledgers.services import merging
from apps.ledgers.views.progress import follow


@login_required
@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    if not (request.user.can(Permission.MERGE_MANAGE) or request.user.can(Permission.TEMPLATE_MANAGE)):
        raise PermissionDenied("只有部门填报管理员和合并审核员可以看合并方案")
    return render(request, "ledgers/plans.html", {"plans": selectors.plan_summaries(request.user)})


@login_required
@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(MergePlan.objects.visible_to(request.user).select_related("area"), pk=pk)
    members = found.members.select_related("plan", "template__department", "confirmed_by")
    context = {
        "plan": found,
        "summary": selectors.plan_summary(found),
        "asked": selectors.already_asked(found) if found.status == PlanStatus.PROPOSED else [],
        "answers": [(member, why_not_confirm_merge(request.user, member)) for member in members],
        "run": found.prefill_runs.first(),
        "why_not_prefill_again": why_not_prefill_again(request.user, found),
    }
    return render(request, "ledgers/plan.html", context)


@login_required
@require_safe
def plan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(MergePlan.objects.visible_to(request.user), pk=pk)
    return follow(request, found.prefill_runs.first(), "ledgers/includes/prefill_progress.html", {"plan": found})


@login_required
@require_safe
def plan_villages(request: HttpRequest, pk: int) -> HttpResponse:
    """Where every village stands with a plan (填报进度)."""
    found = get_object_or_404(MergePlan.objects.visible_to(request.user), pk=pk)
    context = {"plan": found, "towns": progress.town_progress(found), "stages": progress.STAGES.values()}
    return render(request, "ledgers/villages.html", context)


def _member(request: HttpRequest, pk: int) -> MergeMember:
    members = MergeMember.objects.filter(plan__in=MergePlan.objects.visible_to(request.user))
    return get_object_or_404(members.select_related("plan", "template__department"), pk=pk)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    seen = request.POST.get("seen", "")
    found = merging.confirm_merge(member=_member(request, pk), by=request.user, seen=seen)
    sent = found.status == PlanStatus.ACTIVE
    messages.success(request, "各部门都已确认，正在下发并预填" if sent else "已确认，等待其他部门")
    return redirect(found)


@login_required
@require_POST
def keep_apart(request: HttpRequest, pk: int) -> HttpResponse:
    found = merging.keep_apart(member=_member(request, pk), by=request.user)
    messages.success(request, "已分开，单独下发")
    return redirect(found)


@login_required
@require_POST
def prefill_again(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(MergePlan.objects.visible_to(request.user), pk=pk)
    merging.prefill_again(plan=found, by=request.user)
    messages.success(request, "正在继续下发并预填")
    return redirect(found)
