import pytest

from apps.catalog.values import ValueProblem, phone


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800000000", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("+86 138 0000 0000", "13800000000"),
        ("008613800000000", "13800000000"),
        ("8613800000000", "13800000000"),
        ("013800000000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("59690000", "021-59690000"),
        ("021-59690000", "021-59690000"),
        ("(021)5969 0000", "021-59690000"),
        ("０２１－５９６９００００转123", "021-59690000"),
        ("010-62345678", "010-62345678"),
        ("051382345678", "0513-82345678"),
        ("0513-8234567", "0513-8234567"),
        ("400-820-8820", "4008208820"),
        ("00852 9123 4567", "+85291234567"),
    ],
)
def test_one_number_however_it_is_written(written, number):
    assert phone.parse(written) == number
    assert phone.parse(number) == number


def test_several_numbers_of_one_cell_stand_apart_and_once():
    several = phone.parse("13800000000/59690000，138-0000-0000；")
    assert several == "13800000000、021-59690000"
    assert phone.numbers_of(several) == ["13800000000", "021-59690000"]
    assert phone.numbers_of("") == []


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("1380000", "手机号应为 11 位，现为 7 位"),
        ("138000000001", "手机号应为 11 位，现为 12 位"),
        ("12000000000", "手机号第二位应为 3 至 9，请核对"),
        ("12a", "电话只能有数字，几个号码之间用顿号隔开"),
        ("没有", "电话只能有数字；没有电话请留空"),
        ("138****8053", "电话带有星号，是脱敏后的内容，请填写完整的电话"),
        ("1.38E+10", "电话被 Excel 改成了科学计数，末几位已丢失，请把该列设为文本后重新填写"),
        ("5969000", "电话应为 11 位手机号，或固定电话（外地的加区号），例：021-59690000"),
        ("+1", "境外电话应为 + 加国家或地区代码和号码，例：+85291234567"),
        ("13800000000、1380000", "手机号应为 11 位，现为 7 位"),
    ],
)
def test_what_is_wrong_is_said(written, sentence):
    with pytest.raises(ValueProblem) as told:
        phone.parse(written)
    assert told.value.message == sentence
