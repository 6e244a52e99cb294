"""Rows of a sheet that the village adds itself (逐人、逐行添加)."""

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.collection.models import Person
from apps.core.errors import DomainError, NotAllowed
from apps.ledgers.models import CollectionSheet, SheetRow
from apps.ledgers.permissions import ensure_allowed, why_not_fill
from apps.ledgers.selectors.people import may_add_people, may_add_rows
from apps.ledgers.services import prefilling


@transaction.atomic
def add_person(*, sheet: CollectionSheet, person: Person, by: User) -> SheetRow:
    """Put a person of the village's register on the sheet, prefilled as all rows are (添加人员); twice is once."""
    sheet = _lock(sheet, by)
    if not may_add_people(sheet):
        raise DomainError("这份台账不是按人登记的", "请用“添加一行”")
    if not person.area_code.startswith(sheet.area_code):
        raise NotAllowed("只能添加本村居的人员")
    prefilling.add_people(sheet=sheet, people=[person.pk])
    return sheet.rows.get(person=person)


@transaction.atomic
def add_row(*, sheet: CollectionSheet, by: User) -> SheetRow:
    """Put an empty row behind the others (添加一行), on a form whose rows are about no person of the register."""
    sheet = _lock(sheet, by)
    if not may_add_rows(sheet):
        raise DomainError("这份台账按人登记，不能添加空行", "请用“添加人员”")
    ordinal = (sheet.rows.aggregate(last=Max("ordinal"))["last"] or 0) + 1
    required = sheet.plan.columns.filter(is_required=True).count()
    row = SheetRow.objects.create(sheet=sheet, ordinal=ordinal, title=f"第 {ordinal} 行", gaps=required)
    prefilling.refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_code])
    return row


@transaction.atomic
def remove_row(*, sheet: CollectionSheet, row: SheetRow, by: User) -> None:
    """Take a row off the sheet with what was filled in there (移出); the register keeps the person."""
    sheet = _lock(sheet, by)
    sheet.rows.filter(pk=row.pk).delete()
    prefilling.refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_code])


def _lock(sheet: CollectionSheet, by: User) -> CollectionSheet:
    sheet = CollectionSheet.objects.select_for_update(of=("self",)).select_related("plan").get(pk=sheet.pk)
    ensure_allowed(why_not_fill(by, sheet))
    if not (may_add_people(sheet) or may_add_rows(sheet)):
        raise DomainError("这份台账的人员由填报对象决定，不能逐人添加或移出", "人员有出入的，请在人房采集中更新")
    return sheet
