"""Checking by the town (街镇审核): a sheet handed in is accepted, or returned to the village with a reason."""

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.ledgers.models import CollectionSheet, SheetStatus, Submission, Verdict
from apps.ledgers.permissions import ensure_allowed, why_not_check
from apps.ledgers.services.filling import move_sheet

STATUS_AFTER = {Verdict.ACCEPTED: SheetStatus.ACCEPTED, Verdict.RETURNED: SheetStatus.RETURNED}


@transaction.atomic
def check_sheet(*, sheet: CollectionSheet, verdict: Verdict, reason: str = "", by: User) -> Submission:
    """Accept the sheet or give it back (审核); what the village filled in stays as it is."""
    sheet = CollectionSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    ensure_allowed(why_not_check(by, sheet))
    if verdict == Verdict.RETURNED and not reason:
        raise DomainError("退回补正要写明原因", "写清哪几行、要改什么，村居才好补正")
    submission = sheet.submissions.select_for_update().latest("round")
    submission.verdict, submission.reason = verdict, reason
    submission.checked_by, submission.checked_at = by, timezone.now()
    submission.save()
    move_sheet(sheet, STATUS_AFTER[verdict])
    return submission
