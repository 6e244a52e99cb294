"""What holds for a cell of every data type: an answer or a sentence, and an answer that reads as itself."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.models import DataType
from apps.catalog.values import Value, ValueProblem, parse
from apps.catalog.values.reading import READERS_BY_ELEMENT

TODAY = date(2026, 11, 24)
YES_NO_MAYBE = (("01", "一级"), ("10", "二级（二等）"), ("20", "其他、不详"))
CASES = (
    [(kind, "") for kind in DataType.values]
    + [("date", "a.birth_date"), ("date", "a.valid_until")]
    + [("serial", element) for element in READERS_BY_ELEMENT]
)
LIKELY = st.text("0123456789０１５十廿年月日〇万元,.、-/—*'’ xX×ABIO()（）号室弄·？+eE:T\u3000\u200b\n", max_size=24)


def options_of(data_type: str) -> tuple[tuple[str, str], ...]:
    return YES_NO_MAYBE if data_type in ("code", "choice") else ()


@pytest.mark.parametrize(("data_type", "element"), CASES)
@settings(max_examples=150, deadline=None)
@given(written=st.one_of(st.text(max_size=30), LIKELY, st.sampled_from(["一级", "10", "二级", "01、10", "一级，二级"])))
def test_a_cell_gives_a_value_or_a_sentence_and_is_stable(data_type, element, written):
    options = options_of(data_type)
    try:
        value = parse(data_type, written, options=options, today=TODAY, element=element)
    except ValueProblem:
        return
    assert parse(data_type, value.normalised, options=options, today=TODAY, element=element) == value
    assert parse(data_type, value.display, options=options, today=TODAY, element=element) == value
    assert "\x00" not in value.normalised


@pytest.mark.parametrize("data_type", DataType.values)
@pytest.mark.parametrize("written", ["", "  ", "\u3000", "-", "——", "/", "\u200b", "'-"])
def test_what_people_put_into_empty_cells_is_nothing(data_type, written):
    assert parse(data_type, written, options=options_of(data_type), today=TODAY) == Value("", "")


def test_a_code_is_kept_and_its_name_shown():
    assert parse("code", "二级", options=YES_NO_MAYBE, today=TODAY) == Value("10", "二级（二等）")


def test_a_choice_without_options_is_free_text():
    assert parse("choice", "每周 两次", today=TODAY) == Value("每周 两次", "每周 两次")


def test_a_date_may_be_open_but_a_birth_date_may_not():
    assert parse("date", "长期", today=TODAY).normalised == "长期"
    with pytest.raises(ValueProblem, match="这里应填日期"):
        parse("date", "不详", today=TODAY, element="person.birth_date")
    with pytest.raises(ValueProblem, match="出生日期晚于今天"):
        parse("date", "2026-11-25", today=TODAY, element="child.birth_date")
    assert parse("date", "2026-11", today=TODAY, element="child.birth_date").normalised == "2026-11"


def test_of_a_term_of_validity_its_end_is_kept():
    def end(written: str) -> str:
        return parse("date", written, today=TODAY, element="person.id_valid_until").normalised

    assert end("2010.01.01-2030.01.01") == end("20100101-20300101") == end("2010年1月1日至2030年1月1日") == "2030-01-01"
    assert end("2010.01.01-长期") == end("长期") == "长期"
    assert end("2030-01-01") == "2030-01-01"
    with pytest.raises(ValueProblem, match="日期看不懂"):
        parse("date", "2010.01.01-2030.01.01", today=TODAY)


def test_elements_with_a_rule_of_their_own_follow_it():
    with pytest.raises(ValueProblem, match="统一社会信用代码应为 18 位"):
        parse("serial", "12345", today=TODAY, element="unit.credit_code")
    assert parse("serial", "12345", today=TODAY, element="unit.permit_no").normalised == "12345"
