"""Examples of every component in each of its states (部件示例), for developers and for the tests of pages."""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.utils import timezone

from apps.core.models import RunStatus

STATUSES = [
    ("draft", "待补充信息"),
    ("matching", "正在识别"),
    ("review", "待审核"),
    ("active", "填报中"),
    ("returned", "退回补正"),
    ("none", "部门自用项"),
]


class ExampleForm(forms.Form):
    title = forms.CharField(label="台账名称", help_text="村居看到的名称。")
    subject = forms.ChoiceField(
        label="每行登记谁", choices=[("person", "每人一行"), ("other", "由村居逐行添加")], widget=forms.RadioSelect
    )
    period = forms.ChoiceField(label="填报周期", choices=[("monthly", "月报"), ("quarterly", "季报")])
    due_on = forms.DateField(label="截止日期", error_messages={"required": "请填写截止日期，例：2026-11-30"})

    wanted = forms.FileField(label="Excel 模板", error_messages={"required": "请选择要上传的 Excel 文件"})


def examples() -> dict[str, object]:
    today = timezone.localdate()
    wrong = ExampleForm({"title": "老年人关爱服务台账", "subject": "person"}, prefix="wrong")
    wrong.is_valid()
    runs = {
        "queued": SimpleNamespace(status=RunStatus.QUEUED, is_over=False, progress_total=0),
        "running": SimpleNamespace(
            status=RunStatus.RUNNING, is_over=False, progress_total=40, progress_done=12, percent=30
        ),
        "done": SimpleNamespace(status=RunStatus.DONE, is_over=True),
        "failed": SimpleNamespace(status=RunStatus.FAILED, is_over=True, error="有 3 行没有读到"),
    }
    return {
        "statuses": STATUSES,
        "days": [today + timedelta(days=days) for days in (-2, 0, 2, 7)],
        "form": ExampleForm(prefix="right"),
        "wrong": wrong,
        "runs": runs,
        "icons": ["home", "table", "chart-line", "file-spreadsheet", "list-check", "arrows-join", "user", "inbox",
                  "circle-check", "alert-triangle"],
    }  # fmt: skip
