"""Templates of a department (台账模板): upload, describe, follow, download."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.models import RunStatus
from apps.ledgers import permissions
from apps.ledgers.forms import DescribeForm, UploadForm
from apps.ledgers.models import Decision, ExportRun, FormTemplate, RowSubject, TemplateStatus
from apps.ledgers.selectors.headings import heading_rows
from apps.ledgers.selectors.progress import handed_in
from apps.ledgers.services import exporting, merging, templates
from apps.ledgers.uploads import BoundedUpload
from apps.ledgers.views.progress import follow
from apps.ledgers.workbooks import MOST_BYTES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _refuse(reason: str | None) -> None:
    if reason:
        raise PermissionDenied(reason)


@login_required
@csrf_exempt  # checked by the view within: the token stands in the body, which must not be read before its limit is set
def template_list(request: HttpRequest) -> HttpResponse:
    """The department's templates; posting a file uploads one (上传模板)."""
    _refuse(permissions.why_not_manage_templates(request.user))
    request.upload_handlers = [BoundedUpload(request, most=MOST_BYTES)]
    return _template_list(request)


@csrf_protect
def _template_list(request: HttpRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        return redirect(templates.keep_template(workbook=form.cleaned_data["file"], by=request.user))
    found = FormTemplate.objects.visible_to(request.user).select_related("department").defer("layout")
    context = {"form": form, "templates": found.exclude(status=TemplateStatus.WITHDRAWN)}
    return render(request, "ledgers/templates.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """One template as the village will see it, with what each field was understood to be (模板详情)."""
    found = get_object_or_404(FormTemplate.objects.visible_to(request.user).select_related("department", "area"), pk=pk)
    form = None
    if request.method == "POST":
        permissions.ensure_allowed(permissions.why_not_describe(request.user, found))
    if permissions.why_not_describe(request.user, found) is None:
        form = DescribeForm(request.POST or None, instance=found, initial={"row_subject": RowSubject.PERSON})
        if request.method == "POST" and form.is_valid():
            templates.describe_template(template=found, **form.cleaned_data, by=request.user)
            messages.success(request, "信息已保存，正在识别填报项")
            return redirect(found)
    fields = list(found.fields.select_related("element"))
    context = {
        "template": found,
        "form": form,
        "fields": fields,
        "headings": heading_rows(fields),
        "counts": {label: sum(field.decision == value for field in fields) for value, label in Decision.choices},
        "run": found.match_runs.first(),
        "membership": getattr(found, "membership", None),
        "why_not_match_again": permissions.why_not_match_again(request.user, found),
        "why_not_withdraw": permissions.why_not_change_template(request.user, found),
        "why_not_download": permissions.why_not_download(request.user, found),
        "handed_in": handed_in(found),
        "export": found.export_runs.filter(requested_by=request.user).defer("content").first(),
    }
    return render(request, "ledgers/template.html", context, status=422 if form and form.errors else 200)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(FormTemplate.objects.visible_to(request.user), pk=pk)
    merging.withdraw_template(template=found, by=request.user)
    messages.success(request, "模板已撤回")
    return redirect("ledgers:templates")


@login_required
@require_POST
def match_again(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(FormTemplate.objects.visible_to(request.user), pk=pk)
    templates.match_again(template=found, by=request.user)
    messages.success(request, "正在重新识别填报项")
    return redirect(found)


@login_required
@require_safe
def match_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment that follows the matching of a template (识别进度)."""
    found = get_object_or_404(FormTemplate.objects.visible_to(request.user), pk=pk)
    run = found.match_runs.first()
    return follow(request, run, "ledgers/includes/match_progress.html", {"template": found})


@login_required
@require_POST
def request_export(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(FormTemplate.objects.visible_to(request.user), pk=pk)
    exporting.request_export(template=found, by=request.user)
    return redirect(found)


@login_required
@require_safe
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ExportRun.objects.filter(requested_by=request.user).defer("content"), pk=pk)
    return follow(request, run, "ledgers/includes/export_progress.html", {})


@login_required
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The filled workbook, to whoever asked for it (下载)."""
    runs = ExportRun.objects.filter(requested_by=request.user, content__isnull=False).select_related("template")
    run = get_object_or_404(runs, pk=pk, status=RunStatus.DONE)
    permissions.ensure_allowed(permissions.why_not_download(request.user, run.template))
    name = f"{run.template.title}-截至{localtime(run.started_at):%Y%m%d-%H%M}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"}
    return HttpResponse(bytes(run.content), content_type=XLSX, headers=headers)
