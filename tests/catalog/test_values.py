"""Each way a value is written reads as one canonical string, or a sentence says how it should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, dates, id_number, phone

PARSERS = [dates.parse, id_number.parse, phone.parse]


@pytest.mark.parametrize(
    "written",
    [
        "310230196209047926",
        "310230620904792",
        "３１０２３０１９６２０９０４７９２６",
        "'310230196209047926",
        "310230 19620904 7926",
    ],
)
def test_id_numbers_read_as_one(written):
    assert id_number.parse(written) == "310230196209047926"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("310230196209047925", "末位应为 6"),
        ("31023019620904792", "应为 18 位，现为 17 位"),
        ("310230196213047926", "出生日期 19621304 不存在"),
        ("X10230196209047926", "末位可以是 X"),
        ("不详", "只能有数字"),
    ],
)
def test_a_wrong_id_number_is_explained(written, sentence):
    with pytest.raises(ValueProblem, match=sentence):
        id_number.parse(written)


def test_sex_and_birth_date_stand_in_the_number():
    assert id_number.sex_of("310230196209047926") == "2"
    assert id_number.birth_date_of("310230196209047926").isoformat() == "1962-09-04"


def test_a_check_digit_x_is_kept():
    assert id_number.parse("31023020001102818x") == "31023020001102818X"


@pytest.mark.parametrize(
    "written",
    [
        "2023-11-28",
        "2023/11/28",
        "2023.11.28",
        "23.11.28",
        "20231128",
        "2023年11月28日",
        "二〇二三年十一月二十八日",
        "45258",
        "2023-11-28 00:00:00",
    ],
)
def test_dates_read_as_one(written):
    assert dates.parse(written) == "2023-11-28"


@pytest.mark.parametrize("written", ["2023-11", "202311", "2023年11月", "2023/11"])
def test_a_month_keeps_its_precision(written):
    assert dates.parse(written) == "2023-11"


@pytest.mark.parametrize("written", ["2026-13-05", "2026-02-30", "昨天", "2026"])
def test_a_wrong_date_is_explained(written):
    with pytest.raises(ValueProblem, match="例：2026-11-05"):
        dates.parse(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [("138 0000 0000", "13800000000"), ("+86-13800000000", "13800000000"), ("021-59690000", "021-59690000"),
     ("５９６９００００", "021-59690000")],
)  # fmt: skip
def test_phones_read_as_one(written, number):
    assert phone.parse(written) == number


@pytest.mark.parametrize(
    ("written", "sentence"), [("1380000", "应为 11 位，现为 7 位"), ("12000000000", "第二位"), ("12a", "数字")]
)
def test_a_wrong_phone_is_explained(written, sentence):
    with pytest.raises(ValueProblem, match=sentence):
        phone.parse(written)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.one_of(st.text(max_size=24), st.text("0123456789年月日十二〇-/.X ", max_size=20)))
def test_a_parser_answers_or_explains_and_is_stable(parse, text):
    try:
        value = parse(text)
    except ValueProblem:
        return
    assert parse(value) == value
