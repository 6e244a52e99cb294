"""Burden figures (减负数据)."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.roles import Permission
from apps.ledgers.selectors import burden as selectors


@login_required
@require_safe
def burden(request: HttpRequest) -> HttpResponse:
    if not request.user.can(Permission.BURDEN_VIEW):
        raise PermissionDenied("您的岗位不看减负数据")
    code, name = selectors.burden_area(request.user)
    context = {
        "total": selectors.burden_of_area(area_code=code, name=name),
        "departments": selectors.burden_by_department(area_code=code),
    }
    return render(request, "ledgers/burden.html", context)
