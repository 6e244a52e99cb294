import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.values import ValueProblem, address, name, text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("张 三", "张三"),
        ("\u3000张三 ", "张三"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提 ‧ 吐尔逊", "买买提·吐尔逊"),
        ("JOHN  SMITH", "JOHN SMITH"),
        ("O'Neil", "O'Neil"),
        ("欧阳\u200b修", "欧阳修"),
    ],
)
def test_one_name_however_it_is_typed(written, expected):
    assert name.parse(written) == expected


@pytest.mark.parametrize("rare", ["𠮷", "䶮", "㛃", "\ue863", "𱁬", "〇", "\ufa11", "⿰王深", "葛\U000e0100"])
def test_rare_characters_survive_unchanged(rare):
    assert name.parse(f"王{rare}") == f"王{rare}"
    assert text.parse(f"王{rare}") == f"王{rare}"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("王?", "姓名中有没显示出来的字，请补全"),
        ("王□", "姓名中有没显示出来的字，请补全"),
        ("张**", "姓名带有星号，是脱敏后的内容，请填写完整的姓名"),
        ("张三（户主）", "姓名里不应有“(”，备注请另填一栏"),
        ("张三1", "姓名里不应有“1”，备注请另填一栏"),
        ("张" * 61, "姓名太长，最多 60 个字"),
    ],
)
def test_what_is_wrong_is_said(written, sentence):
    with pytest.raises(ValueProblem) as told:
        name.parse(written)
    assert told.value.message == sentence


def test_an_organisation_has_one_kind_of_bracket():
    assert (
        name.parse_organisation("上海(崇明) 有限公司")
        == name.parse_organisation("上海（崇明）有限公司")
        == "上海（崇明）有限公司"
    )
    assert name.parse_organisation("ＡＢＣ  Co. Ltd") == "ABC Co. Ltd"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("人民路１２１８弄３４号１８０３室", "人民路1218弄34号1803室"),
        ("城桥人民路1218—34－1803", "城桥人民路1218-34-1803"),
        ("人民路 1218弄 34＃", "人民路1218弄34#"),
        ("沈镇村（原某村）3组1267号（租）", "沈镇村(原某村)3组1267号(租)"),
        ("沈镇村三队1267", "沈镇村三队1267"),
    ],
)
def test_an_address_is_typed_one_way_and_means_what_it_meant(written, expected):
    assert address.parse(written) == expected


def test_free_text_keeps_its_punctuation():
    assert text.parse("  独居，\n每周看望（周三）  ２ 次\x00 ") == "独居， 每周看望（周三） 2 次"


@given(st.text(st.characters(categories=["Lo", "Co"]), min_size=1, max_size=8))
def test_no_ideograph_is_ever_exchanged_for_another(written):
    assert text.compact(written) == written
