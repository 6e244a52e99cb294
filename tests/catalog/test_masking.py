"""What is left of a value once it is masked, item by item of the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import masking
from apps.catalog.models import DataType


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("司马相如", "司马**"),
        ("买买提·吐尔逊", "买**"),
        ("JOHN SMITH", "J**"),
        ("张", "张*"),
        ("", ""),
    ],
)
def test_names(value, shown):
    assert masking.name(value) == shown


@pytest.mark.parametrize(
    ("value", "options", "shown"),
    [
        ("310230196209047926", {}, "310230********7926"),
        ("310230196209047926", {"strict": True}, "310***********7926"),
        ("310230196209047926", {"birth_date_shown": True}, "310230************"),
        ("310230196209047926", {"birth_date_shown": True, "strict": True}, "310***************"),
        ("USA310180010112", {}, "USA310*****0112"),
        ("E12345678", {}, "****"),
        ("", {}, ""),
    ],
)
def test_id_numbers(value, options, shown):
    assert masking.id_number(value, **options) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("13812348053", "138****8053"),
        ("021-59691234", "021-5969****"),
        ("0513-8234567", "0513-8234***"),
        ("13812348053、021-59691234", "138****8053、021-5969****"),
        ("+85291234567", "+85****"),
        ("12345", "****"),
        ("", ""),
    ],
)
def test_phones(value, shown):
    assert masking.phone(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("上海市崇明区城桥镇人民路1218弄34号1803室", "城桥镇人民路****弄**号****室"),
        ("崇明县城桥镇人民路1218弄34号1803室", "城桥镇人民路****弄**号****室"),
        ("上海市崇明区三星镇沈镇村3组1267号", "三星镇沈镇村*组****号"),
        ("城桥人民路1218-34-1803", "城桥人民路****-**-****"),
        ("沈镇村三队1267", "沈镇村*队****"),
        ("沈镇村3组1267号(租)", "沈镇村*组****号***"),
        ("江山新村45号201室", "江山新村**号***室"),
        ("新村乡新浜村3组12号", "新村乡新浜村*组**号"),
        ("长兴江南大道1072弄63号1102", "长兴江南大道****弄**号****"),
        ("八一路555弄90号1202室", "八一路***弄**号****室"),
        ("张三家1号", "****号"),
        ("", ""),
    ],
)
def test_addresses(value, shown):
    assert masking.address(value) == shown


@given(st.text("上海市崇明区城桥镇人民路新村三星沈组队弄号室-#()0123456789", max_size=40))
def test_no_digit_of_an_address_is_ever_shown(value):
    assert not any(letter.isdigit() for letter in masking.address(value))


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masking.bank_account, "6222021001112224458", "**** **** **** 4458"),
        (masking.bank_account, "12345678", "**** **** ****"),
        (masking.birth_date, "1962-09-04", "1962年"),
        (masking.birth_date, "1962-09", "1962年"),
        (masking.birth_date, "不详", "****"),
        (masking.age, "63", "60–64岁"),
        (masking.age, "60", "60–64岁"),
        (masking.age, "101", "90岁以上"),
        (masking.money, "1280.5", "1000–1999元"),
        (masking.money, "12000", "10000–19999元"),
        (masking.money, "560", "500–599元"),
        (masking.money, "0", "100元以下"),
        (masking.money, "-35", "****"),
        (masking.presence, "糖尿病", "有"),
        (masking.presence, "", ""),
    ],
)
def test_other_items(mask, value, shown):
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("data_type", "element", "value", "shown"),
    [
        ("id_number", "father.id_number", "310230196209047926", "310230********7926"),
        ("serial", "person.bank_account", "6222021001112224458", "**** **** **** 4458"),
        ("serial", "disability.cert_no", "31023019620904792644", "310230************"),
        ("date", "child.birth_date", "1962-09-04", "1962年"),
        ("date", "person.death_date", "2020-01-02", "****"),
        ("code", "person.health_status", "糖尿病", "有"),
        ("code", "disability.level", "一级", "有"),
        ("integer", "household.head_age", "63", "60–64岁"),
        ("text", "person.religion", "无", "****"),
        ("money", "lowincome.amount", "1280", "1000–1999元"),
        ("name", "", "张三", "张*"),
    ],
)
def test_the_element_decides_before_the_type(data_type, element, value, shown):
    assert masking.mask(data_type, value, element=element) == shown


@pytest.mark.parametrize("data_type", DataType.values)
@given(value=st.text(st.characters(categories=["Lo", "Nd", "Lu"]), min_size=5, max_size=40))
def test_a_type_without_a_rule_shows_nothing_and_none_shows_all(data_type, value):
    assert masking.mask(data_type, value) != value
    assert masking.mask(data_type, "") == ""
