"""The workbench (工作台): what is due, by date, with how much is already filled."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.ledgers import selectors


@login_required
def workbench(request: HttpRequest) -> HttpResponse:
    if request.user.posting is None:
        return render(request, "accounts/no_posting.html", status=403)
    return render(request, "portal/workbench.html", {"sheets": selectors.sheets_due(request.user)})
