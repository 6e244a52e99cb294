"""What every page shows around its content (页头与菜单)."""

from django.http import HttpRequest

from apps.portal.navigation import menu

TABS = 5  # 手机底部最多五个


def frame(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"text_size": "standard"}
    posting = user.posting
    nav = menu(user, request.path) if posting else []
    return {
        "nav": nav,
        "tabs": [entry for group in nav for entry in group["entries"]][:TABS],
        "current_area": posting.place if posting else "",
        "posting_label": posting.get_role_display() if posting else "",
        "person_name": user.name,
        "postings": [
            {"id": each.pk, "label": str(each), "current": each == posting}
            for each in user.postings.in_force().select_related("area__parent", "department")
        ],
        "text_size": user.text_size,
    }
