"""Pages of ledgers (台账页面)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from apps.ledgers import selectors
from apps.ledgers.models import CollectionSheet


@login_required
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """One village's sheet, with where every value comes from (采集表)."""
    sheets = CollectionSheet.objects.visible_to(request.user).select_related("plan", "area")
    found = get_object_or_404(sheets, pk=pk)
    columns = list(found.plan.columns.select_related("element"))
    context = {
        "sheet": found,
        "columns": columns,
        "rows": selectors.shown_rows(sheet=found, columns=columns),
        "counts": selectors.row_counts(found),
    }
    return render(request, "ledgers/sheet.html", context)
