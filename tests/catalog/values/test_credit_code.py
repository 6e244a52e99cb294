import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, credit_code, serial


def build(registrar: str, area: str, organisation: str) -> str:
    first = registrar + area + organisation + credit_code.organisation_check(organisation)
    return first + credit_code.check_character(first)


def test_published_codes_are_read():
    assert credit_code.parse("91350100m000100y43") == "91350100M000100Y43"  # the example of GB 32100-2015
    assert credit_code.parse_organisation("D2143569-X") == "D2143569X"  # the example of GB 11714-1997


@given(
    registrar=st.sampled_from(["11", "51", "52", "53", "91", "92", "93", "N1", "Y1"]),
    organisation=st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8),
)
def test_every_code_built_by_the_standard_is_read(registrar, organisation):
    code = build(registrar, "310151", organisation)
    assert credit_code.parse(f" {code.lower()} ") == code


def test_the_organisation_code_inside_is_checked_too():
    first = "91350100M000100Y5"
    with pytest.raises(ValueProblem, match="第 17 位应为 4，请核对"):
        credit_code.parse(first + credit_code.check_character(first))


@given(place=st.integers(0, 16), letter=st.sampled_from(credit_code.ALPHABET))
def test_one_mistyped_character_is_always_found(place, letter):
    code = "91350100M000100Y43"
    wrong = code[:place] + letter + code[place + 1 :]
    if wrong != code:
        with pytest.raises(ValueProblem):
            credit_code.parse(wrong)


@pytest.mark.parametrize(
    ("parse", "written", "sentence"),
    [
        (credit_code.parse, "91350100M000100Y44", "统一社会信用代码校验码不符，按前 17 位末位应为 3，请核对"),
        (credit_code.parse, "91350100M000100Y4", "统一社会信用代码应为 18 位，现为 17 位"),
        (credit_code.parse, "9135O100M000100Y43", "统一社会信用代码不会有“O”，只用数字和除 I、O、S、V、Z 外的大写字母"),
        (credit_code.parse_organisation, "D2143569-1", "组织机构代码校验码不符，末位应为 X，请核对"),
        (credit_code.parse_organisation, "D214", "组织机构代码应为 8 位数字或大写字母加 1 位校验码"),
        (serial.parse_bank_account, "6222 0000 0000 0001", "银行卡号校验不符，请对照卡片核对"),
        (serial.parse_bank_account, "6222", "银行账号应为 8 至 24 位数字"),
        (
            serial.parse_bank_account,
            "6.22200000000000E+15",
            "编号被 Excel 改成了科学计数，末几位已丢失，请把该列设为文本后重新填写",
        ),
        (serial.parse_disability_certificate, "310230196209047926", "残疾人证号应为 18 位身份证号加 2 位类别和等级"),
        (
            serial.parse_disability_certificate,
            "31023019620904792544",
            "身份证号校验码不符，按前 17 位末位应为 6，请核对",
        ),
        (serial.parse_postcode, "2021", "邮编应为 6 位数字，例：202150"),
        (serial.parse, "沪C*****", "编号带有星号，是脱敏后的内容，请填写完整的编号"),
    ],
)
def test_what_is_wrong_is_said(parse, written, sentence):
    with pytest.raises(ValueProblem) as told:
        parse(written)
    assert told.value.message == sentence


@pytest.mark.parametrize(
    ("parse", "written", "expected"),
    [
        (serial.parse, " 沪c 12345 ", "沪C12345"),
        (serial.parse, "'00123", "00123"),
        (serial.parse, "1234.0", "1234"),
        (serial.parse, "沪（2020）崇字第００１号", "沪(2020)崇字第001号"),
        (serial.parse_bank_account, "4111-1111 1111 1111", "4111111111111111"),
        (serial.parse_disability_certificate, "310230196209047926 44b1", "31023019620904792644B1"),
        (serial.parse_postcode, "２０２１５０", "202150"),
    ],
)
def test_numbers_are_typed_one_way(parse, written, expected):
    assert parse(written) == expected
