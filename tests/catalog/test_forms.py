from datetime import date

import pytest
from django import forms

from apps.catalog.forms import DayField


class Form(forms.Form):
    day = DayField(label="截止日期", example="2026-11-30")


@pytest.mark.parametrize(
    "written", ["2026-11-05", "2026/11/5", "2026.11.5", "20261105", "2026年11月5日", " 2026-11-5 "]
)
def test_a_day_is_read_however_it_is_written(written):
    form = Form({"day": written})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("2026-11", "请写到哪一天，例：2026-11-30"),
        ("2026-02-30", "日期不存在，例：2026-11-05"),
        ("下个月", "日期看不懂，例：2026-11-05"),
        ("长期", "这里应填日期，不知道请留空，例：2026-11-05"),
    ],
)
def test_what_is_no_day_is_answered_with_how_it_should_be(written, sentence):
    assert Form({"day": written}).errors["day"] == [sentence]


def test_it_is_a_text_box_with_an_example():
    assert 'type="text"' in str(Form()["day"])
    assert 'placeholder="例：2026-11-30"' in str(Form()["day"])
    assert 'value="2026-11-05"' in str(Form(initial={"day": date(2026, 11, 5)})["day"])
