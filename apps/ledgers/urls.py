from django.urls import path

from apps.ledgers.views import burden, checking, people, plans, review, sheets, templates

app_name = "ledgers"
urlpatterns = [
    path("sheets/", sheets.sheet_list, name="sheets"),
    path("sheets/<int:pk>/", sheets.sheet, name="sheet"),
    path("sheets/<int:pk>/save/", sheets.save, name="sheet_save"),
    path("sheets/<int:pk>/confirm/", sheets.confirm, name="sheet_confirm"),
    path("sheets/<int:pk>/undo/", sheets.undo, name="sheet_undo"),
    path("sheets/<int:pk>/submit/", sheets.submit, name="sheet_submit"),
    path("sheets/<int:pk>/check/", checking.check, name="sheet_check"),
    path("sheets/<int:pk>/rows/<int:row>/", sheets.person, name="sheet_person"),
    path("sheets/<int:pk>/people/", people.people, name="sheet_people"),
    path("sheets/<int:pk>/rows/", people.add_row, name="sheet_add_row"),
    path("sheets/<int:pk>/rows/<int:row>/remove/", people.remove, name="sheet_remove"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/<int:pk>/", templates.template, name="template"),
    path("templates/<int:pk>/withdraw/", templates.withdraw, name="template_withdraw"),
    path("templates/<int:pk>/match/", templates.match_again, name="match_again"),
    path("templates/<int:pk>/progress/", templates.match_progress, name="match_progress"),
    path("templates/<int:pk>/export/", templates.request_export, name="export"),
    path("exports/<int:pk>/", templates.export_progress, name="export_progress"),
    path("exports/<int:pk>/file/", templates.download, name="download"),
    path("review/", review.queue, name="review"),
    path("review/elements/", review.search_elements, name="element_search"),
    path("review/<int:pk>/answer/", review.answer, name="answer"),
    path("review/answers/<int:pk>/undo/", review.undo, name="answer_undo"),
    path("plans/", plans.plan_list, name="plans"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/progress/", plans.plan_progress, name="plan_progress"),
    path("plans/<int:pk>/prefill/", plans.prefill_again, name="prefill_again"),
    path("plans/<int:pk>/villages/", plans.plan_villages, name="plan_villages"),
    path("plans/members/<int:pk>/confirm/", plans.confirm, name="merge_confirm"),
    path("plans/members/<int:pk>/apart/", plans.keep_apart, name="merge_apart"),
    path("burden/", burden.burden, name="burden"),
]
