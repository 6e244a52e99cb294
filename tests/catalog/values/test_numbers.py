from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, boolean, chinese_numerals, numbers, year


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3", "3"),
        ("003", "3"),
        ("1,234", "1234"),
        ("１２", "12"),
        ("3.0", "3"),
        ("3人", "3"),
        ("三", "3"),
        ("十二", "12"),
        ("二十个", "20"),
        ("一千零三", "1003"),
        ("两", "2"),
        ("0", "0"),
        ("-0", "0"),
        ("1.2E+3", "1200"),
    ],
)
def test_counts(written, number):
    assert numbers.parse_integer(written) == number


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1280", "1280"),
        ("1,280.50元", "1280.5"),
        ("¥1280.5", "1280.5"),
        ("￥１２８０．５０", "1280.5"),
        ("1.2万元", "12000"),
        ("0.5亿", "50000000"),
        ("人民币300元整", "300"),
        ("1234.567", "1234.57"),
        ("0.004", "0"),
        ("-35.10", "-35.1"),
        (".5", "0.5"),
    ],
)
def test_amounts(written, amount):
    assert numbers.parse_money(written) == amount


@pytest.mark.parametrize(
    ("written", "number"), [("86.50㎡", "86.5"), ("86.5平方米", "86.5"), ("31.6231", "31.6231"), ("-1.0", "-1")]
)
def test_measures(written, number):
    assert numbers.parse_number(written) == number


@pytest.mark.parametrize(
    ("parse", "written", "sentence"),
    [
        (numbers.parse_integer, "3.5", "应为整数，现为 3.5"),
        (numbers.parse_integer, "-1", "应为不小于 0 的整数"),
        (numbers.parse_integer, "约3", "应为整数，例：3"),
        (numbers.parse_integer, "12,34", "应为整数，例：3"),
        (numbers.parse_number, "170厘米", "应为数字，不写单位，例：86.5"),
        (numbers.parse_money, "一千左右", "金额应为数字，以元为单位，例：1280.50"),
        (numbers.parse_money, "元", "金额应为数字，以元为单位，例：1280.50"),
        (numbers.parse_money, "1e99", "数字太长，最多 15 位"),
        (numbers.parse_number, "1" * 16, "数字太长，最多 15 位"),
        (boolean.parse, "也许", "应为“是”或“否”"),
        (boolean.parse, "2", "应为“是”或“否”"),
        (year.parse, "26", "应为四位年份，例：2026"),
        (year.parse, "年", "应为四位年份，例：2026"),
        (year.parse, "1066", "年份应在 1850 至 2199 之间"),
    ],
)
def test_what_is_wrong_is_said(parse, written, sentence):
    with pytest.raises(ValueProblem) as told:
        parse(written)
    assert told.value.message == sentence


@given(st.decimals(Decimal("-999999999"), Decimal("999999999"), places=2))
def test_an_amount_with_separators_is_the_same_amount(amount):
    assert Decimal(numbers.parse_money(f"{amount:,.2f}")) == amount


@pytest.mark.parametrize(
    ("written", "answer"),
    [(written, "是") for written in ("是", "有", "√", "✓", "1", "Y", "yes", "TRUE", "１", "1.0")]
    + [(written, "否") for written in ("否", "无", "×", "0", "n", "False", "没有", "0.0")],
)
def test_yes_and_no(written, answer):
    assert boolean.parse(written) == answer


@pytest.mark.parametrize("written", ["2026", "2026年", "2026年度", "２０２６", "二〇二六年", "2026.0"])
def test_years(written):
    assert year.parse(written) == "2026"


@pytest.mark.parametrize(
    ("letters", "number"),
    [
        ("十", 10),
        ("十五", 15),
        ("二十", 20),
        ("廿八", 28),
        ("卅一", 31),
        ("一百零三", 103),
        ("一百二十", 120),
        ("九千九百九十九", 9999),
        ("三万二千", 32000),
        ("二〇二三", 2023),
        ("〇", 0),
        ("", None),
        ("十百", None),
        ("三人", None),
        ("万", None),
        ("十十", None),
    ],
)
def test_chinese_numerals(letters, number):
    assert chinese_numerals.read(letters) == number
