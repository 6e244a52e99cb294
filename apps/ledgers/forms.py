"""Reading and cleaning what people send (表单)."""

from datetime import date

from django import forms
from django.utils import timezone

from apps.catalog.forms import DayField
from apps.collection.selectors import MANUAL, POPULATIONS
from apps.ledgers.models import FormTemplate, Period, RowSubject, Verdict
from apps.ledgers.workbooks import TemplateWorkbook, WorkbookRefused, check_size
from apps.organizations.models import Area, AreaLevel


class UploadForm(forms.Form):
    """上传模板: the cleaned file is a workbook already read; what is wrong with it stands beside the field."""

    file = forms.FileField(
        label="Excel 模板",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": "请选择要上传的 Excel 文件",
            "empty": "这个文件是空的。请选择填好表头的模板再上传",
            "invalid": "没有收到文件。请重新选择文件，再上传",
        },
    )

    def clean_file(self) -> TemplateWorkbook:
        file = self.cleaned_data["file"]
        try:
            check_size(file.size)
            return TemplateWorkbook.read(file.read(), file.name)
        except WorkbookRefused as refused:
            raise forms.ValidationError(str(refused)) from refused


class CheckForm(forms.Form):
    """街镇审核."""

    verdict = forms.TypedChoiceField(
        label="结论", choices=Verdict.choices, coerce=Verdict, error_messages={"required": "请选择审核通过或退回补正"}
    )
    reason = forms.CharField(
        label="退回原因",
        required=False,
        max_length=200,
        error_messages={"max_length": "退回原因不超过 200 字，请写短一些"},
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if cleaned.get("verdict") == Verdict.RETURNED and not cleaned.get("reason"):
            raise forms.ValidationError("退回补正要写明原因：哪几行、要改什么")
        return cleaned


class DescribeForm(forms.ModelForm):
    """补充信息: what the workbook cannot say."""

    row_subject = forms.ChoiceField(label="每行登记什么", choices=RowSubject.choices, widget=forms.RadioSelect)
    population = forms.ChoiceField(
        label="填报对象",
        choices=[("", "请选择"), *((key, population.label) for key, population in POPULATIONS.items())],
        error_messages={"required": "请选择填报对象"},
        help_text="每人一行时，系统按这个范围列出各村居的人。",
    )
    area = forms.ModelChoiceField(
        label="填报范围",
        empty_label="请选择",
        queryset=Area.objects.filter(level__in=[AreaLevel.DISTRICT, AreaLevel.TOWN]),
        error_messages={"required": "请选择填报范围"},
    )
    period = forms.ChoiceField(
        label="填报周期",
        choices=[("", "请选择"), *Period.choices],
        error_messages={"required": "请选择填报周期"},
    )
    due_on = DayField(
        label="截止日期",
        example="2026-11-30",
        error_messages={"required": "请填写截止日期，例：2026-11-30"},
    )
    required = forms.TypedMultipleChoiceField(
        label="必填项",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="勾选的填报项，村居填好才能提交；不勾选的可以空着。",
    )

    class Meta:
        model = FormTemplate
        fields = ["title", "row_subject", "population", "area", "period", "due_on", "legal_basis"]
        labels = {"title": "台账名称", "legal_basis": "依据"}
        error_messages = {"title": {"required": "请填写台账名称"}}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        fields = list(self.instance.fields.all())
        self.fields["required"].choices = [(field.pk, str(field)) for field in fields]
        self.initial["required"] = [field.pk for field in fields if field.is_required]
        self.fields["legal_basis"].required = True
        self.fields["legal_basis"].error_messages["required"] = "请写明依据，例：上海市养老服务条例。没有依据的不能下发"

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if cleaned.get("row_subject") == RowSubject.OTHER:
            cleaned["population"] = MANUAL  # there are no people to choose
            self.errors.pop("population", None)
        return cleaned

    def clean_due_on(self) -> date:
        due_on = self.cleaned_data["due_on"]
        if due_on <= timezone.localdate():
            # 不足 24 小时的临时报表是基层最常抱怨的
            raise forms.ValidationError("截止日期至少在明天，村居要有时间核对")
        return due_on
