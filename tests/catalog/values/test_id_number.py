from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, id_number

TODAY = date(2026, 11, 24)
NUMBER = "310230196209047926"


@pytest.mark.parametrize(
    "written",
    [
        NUMBER,
        "310230620904792",
        "３１０２３０１９６２０９０４７９２６",
        f"'{NUMBER}",
        f"’{NUMBER}",
        " 310230 19620904 7926\u3000",
        f"\u200b{NUMBER}\ufeff",
        f"{NUMBER}.0",
    ],
)
def test_one_number_however_it_is_written(written):
    assert id_number.parse(written, today=TODAY) == NUMBER


@pytest.mark.parametrize("last", "xX×Хχ")
def test_every_kind_of_x_is_x(last):
    assert id_number.parse(f"31023020001102818{last}", today=TODAY) == "31023020001102818X"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("310230196209047925", "身份证号校验码不符，按前 17 位末位应为 6，请核对"),
        ("31023019620904792", "身份证号应为 18 位，现为 17 位"),
        ("310230196213047926", "身份证号中的出生日期 19621304 不存在，请核对"),
        ("310230209909047921", "身份证号中的出生日期 20990904 晚于今天，请核对"),
        ("310230100009047921", "身份证号中的出生日期 10000904 太早，请核对"),
        ("160230196209047926", "身份证号前两位 16 不是省级代码，请核对"),
        ("310230********7926", "身份证号带有星号，是脱敏后的内容，请填写完整的身份证号"),
        ("3.10230196209048E+17", "身份证号被 Excel 改成了科学计数，末几位已丢失，请把该列设为文本后重新填写"),
        ("111111111111111111", "这串数字不是身份证号；没有证件请留空"),
        ("123456789012345678", "这串数字不是身份证号；没有证件请留空"),
        ("000000000000000", "这串数字不是身份证号；没有证件请留空"),
        ("FRA310001022911", "身份证号中的出生日期 20010229 不存在，请核对"),
        ("无", "身份证号只能有数字，末位可以是 X；没有证件请留空"),
        ("E12345678", "身份证号只能有数字，末位可以是 X；没有证件请留空"),
        ("310230X96209047926", "身份证号只能有数字，末位可以是 X；没有证件请留空"),
    ],
)
def test_what_is_wrong_is_said(written, sentence):
    with pytest.raises(ValueProblem) as told:
        id_number.parse(written, today=TODAY)
    assert told.value.message == sentence


def test_people_born_before_1900_are_told_by_their_order():
    assert id_number.parse("310230991231997", today=TODAY)[6:10] == "1899"


@given(
    birth=st.dates(date(1900, 1, 1), TODAY),
    area=st.sampled_from(["310230", "310151", "522123", "810000", "820000", "830000", "931840"]),
    order=st.integers(1, 995),
)
def test_every_number_built_by_the_standard_is_read(birth, area, order):
    first = f"{area}{birth:%Y%m%d}{order:03d}"
    number = first + id_number.check_digit(first)
    assert id_number.parse(number, today=TODAY) == number
    assert id_number.birth_date_of(number, today=TODAY) == birth
    assert id_number.sex_of(number) == ("1" if order % 2 else "2")


@given(place=st.integers(0, 16), digit=st.sampled_from("0123456789"))
def test_one_mistyped_digit_is_always_found(place, digit):
    wrong = NUMBER[:place] + digit + NUMBER[place + 1 :]
    if wrong != NUMBER:
        with pytest.raises(ValueProblem):
            id_number.parse(wrong, today=TODAY)


@pytest.mark.parametrize(
    ("number", "kind", "birth", "sex"),
    [
        (NUMBER, "居民身份证", "1962-09-04", "2"),
        ("810000199408230021", "港澳居民居住证", "1994-08-23", "2"),
        ("USA310180010112", "外国人永久居留身份证", "1980-01-01", ""),
    ],
)
def test_the_documents_numbered_alike_are_told_apart(number, kind, birth, sex):
    assert id_number.parse(number, today=TODAY) == number
    assert id_number.kind_of(number) == kind
    assert id_number.birth_date_of(number, today=TODAY).isoformat() == birth
    assert id_number.sex_of(number) == sex
