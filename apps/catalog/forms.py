"""Form fields that read values as the catalogue does (表单字段)."""

from datetime import date

from django import forms

from apps.catalog.values import dates
from apps.catalog.values.problems import ValueProblem


class DayField(forms.DateField):
    """日期框: typed first, however dates are written (2026-11-30、2026/11/5、20261105、2026年11月5日).

    The browser's own date control shows its parts in the order of its own language, so it is not used.
    """

    def __init__(self, *, example: str, **options: object) -> None:
        words = {"placeholder": f"例：{example}", "autocomplete": "off", "maxlength": 20}
        options.setdefault("widget", forms.DateInput(attrs=words, format="%Y-%m-%d"))
        super().__init__(**options)
        self.example = example

    def to_python(self, value: object) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            day = dates.parse(str(value))
        except ValueProblem as problem:
            raise forms.ValidationError(str(problem), code="invalid") from problem
        if len(day) < len("2026-11-30"):
            raise forms.ValidationError(f"请写到哪一天，例：{self.example}", code="invalid")
        return date.fromisoformat(day)
