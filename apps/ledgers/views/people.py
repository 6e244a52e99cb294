"""Adding people to a sheet whose people the village names, and taking them off (逐人添加、移出)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog.values.text import without_invisible
from apps.collection.models import Person
from apps.ledgers.models import CollectionSheet
from apps.ledgers.permissions import ensure_allowed, why_not_fill
from apps.ledgers.selectors.people import find_people
from apps.ledgers.services import people as services
from apps.ledgers.views.sheets import read_number

LONGEST = 40  # characters of a search


def _sheet(request: HttpRequest, pk: int) -> CollectionSheet:
    return get_object_or_404(CollectionSheet.objects.visible_to(request.user).select_related("plan"), pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Search the village's register and add who belongs on the sheet (添加人员).

    The words are posted, never put into the address: they may be a name or the end of an ID number.
    """
    found = _sheet(request, pk)
    ensure_allowed(why_not_fill(request.user, found))
    words = without_invisible(request.POST.get("q", "")).strip()[:40]
    if chosen := read_number(request.POST.get("person", "")):
        person = get_object_or_404(Person.objects.within(found.area_code), pk=chosen)
        services.add_person(sheet=found, person=person, by=request.user)
        messages.success(request, f"已把{person.name}加入台账")
    hits, more = find_people(sheet=found, words=words)
    context = {"sheet": found, "title": found.plan.title, "words": words, "hits": hits, "more": more}
    return render(request, "ledgers/sheet_people.html", context | {"count": found.rows.count()})


@login_required
@require_POST
def add_row(request: HttpRequest, pk: int) -> HttpResponse:
    found = _sheet(request, pk)
    row = services.add_row(sheet=found, by=request.user)
    messages.success(request, f"已添加{row.title}")
    return redirect(f"{found.get_absolute_url()}?at={row.pk}#row-{row.pk}")


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    found = _sheet(request, pk)
    current = get_object_or_404(found.rows, pk=row)
    services.remove_row(sheet=found, row=current, by=request.user)
    messages.success(request, f"已把{current.title}移出台账")
    return redirect(f"{found.get_absolute_url()}?filter=all")
