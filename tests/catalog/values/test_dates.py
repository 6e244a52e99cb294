from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, dates

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "written",
    [
        "2023-11-28",
        "2023/11/28",
        "2023.11.28",
        "23.11.28",
        "20231128",
        "2023年11月28日",
        "2023年11月28号",
        "45258",
        "45258.0",
        "二〇二三年十一月二十八日",
        "二零二三年十一月廿八日",
        "２０２３－１１－２８",
        "2023—11—28",
        "2023-11-28 00:00:00",
        "2023/11/28 8:30",
        "2023-11-28T08:30:00.000+08:00",
        "2023-11-28T00:00:00Z",
        "'2023-11-28",
    ],
)
def test_one_day_however_it_is_written(written):
    assert dates.parse(written, today=TODAY) == "2023-11-28"


@pytest.mark.parametrize(
    "written", ["2023-11", "202311", "2023年11月", "2023/11", "2023.11", "二〇二三年十一月", "2023-11-00", "20231100"]
)
def test_a_month_keeps_its_precision(written):
    assert dates.parse(written, today=TODAY) == "2023-11"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("36.5.1", "2036-05-01"),
        ("37.5.1", "1937-05-01"),
        ("99.12.31", "1999-12-31"),
        ("六二年九月四日", "1962-09-04"),
        ("1962年元月4日", "1962-01-04"),
    ],
)
def test_two_digits_of_a_year_lie_at_most_ten_years_ahead(written, day):
    assert dates.parse(written, today=TODAY) == day


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("2026-02-30", "日期不存在，例：2026-11-05"),
        ("2026-13-05", "月份应为 1 至 12，例：2026-11-05"),
        ("昨天", "日期看不懂，例：2026-11-05"),
        ("2026", "日期看不懂，例：2026-11-05"),
        ("12.25", "日期请写四位年份，例：2026-11-05"),
        ("620904", "年份应在 1850 至 2199 之间，例：2026-11-05"),
        ("2023.1", "“2023.1”分不清是 1 月还是 10 月，请写成 2023-01 或 2023-10，例：2026-11-05"),
        ("1023-01-01", "年份应在 1850 至 2199 之间，例：2026-11-05"),
        ("农历1962年八月初六", "农历日期请换算成公历后填写，例：2026-11-05"),
        ("1962年腊月初八", "农历日期请换算成公历后填写，例：2026-11-05"),
        ("长期", "这里应填日期，不知道请留空，例：2026-11-05"),
        ("99999999", "年份应在 1850 至 2199 之间，例：2026-11-05"),
    ],
)
def test_what_is_wrong_is_said(written, sentence):
    with pytest.raises(ValueProblem) as told:
        dates.parse(written, today=TODAY)
    assert told.value.message == sentence


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("长期", "长期"),
        ("永久有效", "长期"),
        ("至今", "至今"),
        ("不清楚", "不详"),
        ("2030/1/2", "2030-01-02"),
        ("", ""),
    ],
)
def test_a_term_may_be_a_word(written, word):
    assert dates.parse_term(written, today=TODAY) == word


@given(day=st.dates(date(1927, 6, 1), date(2173, 1, 1)))
def test_excels_day_numbers_read_as_their_day(day):
    assert dates.parse(str((day - dates.EXCEL_DAY_ZERO).days), today=TODAY) == day.isoformat()


@given(
    day=st.dates(date(1850, 1, 1), date(2199, 12, 31)),
    form=st.sampled_from(["{0:%Y}-{0.month}-{0.day}", "{0:%Y}年{0.month}月{0.day}日", "{0:%Y%m%d}", "{0:%Y.%m.%d}"]),
)
def test_every_day_reads_back_from_every_form(day, form):
    assert dates.parse(form.format(day), today=TODAY) == day.isoformat()
