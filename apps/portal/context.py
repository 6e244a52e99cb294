"""What every page shows around its content (页头与菜单)."""

from django.http import HttpRequest

from apps.accounts.models import TextSize
from apps.accounts.services import TEXT_SIZE_COOKIE
from apps.portal.navigation import menu, tabs


def frame(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        size = request.COOKIES.get(TEXT_SIZE_COOKIE, "")
        return {"text_size": size if size in TextSize.values else TextSize.STANDARD}
    posting = user.posting
    groups = menu(user, request.path)
    return {
        "nav": groups if posting else [],
        "tabs": tabs([entry for group in groups for entry in group["entries"]], request.path),
        "current_area": posting.place if posting else "",
        "posting_label": posting.get_role_display() if posting else "",
        "person_name": user.name,
        "postings": [
            {"id": each.pk, "label": str(each), "current": each == posting}
            for each in user.postings.in_force().select_related("area__parent", "department")
        ],
        "text_size": user.text_size,
    }
