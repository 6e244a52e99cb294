import pytest

from apps.catalog.values import CodeTable, ValueProblem
from apps.catalog.values.codes import SAID

TABLES = (
    "sex marital_status health_status ethnicity political_status education family_relation disability_category "
    "disability_level id_document_type residence_category residence_state house_use house_kind"
)


@pytest.mark.parametrize(
    ("code_set", "written", "code"),
    [
        ("sex", "2", "2"),
        ("sex", "女", "2"),
        ("sex", "女性", "2"),
        ("sex", "２", "2"),
        ("sex", "2-女", "2"),
        ("sex", "2.女性", "2"),
        ("sex", "1.0", "1"),
        ("ethnicity", "汉", "01"),
        ("ethnicity", "汉 族", "01"),
        ("ethnicity", "1", "01"),
        ("ethnicity", "10", "10"),
        ("education", "大专", "30"),
        ("education", "初中", "70"),
        ("marital_status", "离异", "40"),
        ("political_status", "党员", "01"),
        ("family_relation", "女儿", "30"),
        ("family_relation", "女", "30"),
        ("family_relation", "01", "01"),
        ("disability_level", "２级", "2"),
        ("house_use", "群租", "23"),
        ("id_document_type", "身份证", "111"),
    ],
)
def test_a_code_is_found_however_it_is_written(table, code_set, written, code):
    assert table(code_set).parse(written) == code


@pytest.mark.parametrize(
    ("code_set", "written", "sentence", "hint"),
    [
        ("sex", "太太", "“太太”不在选项中", "可填：未知的性别、男性、女性、未说明的性别"),
        ("sex", "1-女", "“1-女”不在选项中", "可填：未知的性别、男性、女性、未说明的性别"),
        ("ethnicity", "汉人", "“汉人”不在选项中", "是否应为“汉族”"),
        ("family_relation", "1", "“1”不在选项中", "可填：本人、户主、配偶、夫、妻、子等 84 项"),
    ],
)
def test_what_is_wrong_is_said(table, code_set, written, sentence, hint):
    with pytest.raises(ValueProblem) as told:
        table(code_set).parse(written)
    assert (told.value.message, told.value.hint) == (sentence, hint)


@pytest.mark.parametrize("code_set", TABLES.split())
def test_every_code_and_every_name_of_a_standard_reads_as_its_code(table, code_set):
    codes = table(code_set)
    assert {code: (codes.parse(code), codes.parse(name)) for code, name in codes.names.items()} == {
        code: (code, code) for code in codes.names
    }


def test_every_usual_form_leads_to_a_name_of_some_standard(table):
    names = {name for code_set in TABLES.split() for name in table(code_set).names.values()}
    assert {name for name in SAID.values() if name not in names} == set()


def test_a_short_form_of_two_names_is_not_guessed_and_a_full_name_comes_first():
    table = CodeTable((("1", "其他（请注明）"), ("2", "其他"), ("3", "二级（甲等）"), ("4", "二级（乙等）")))
    assert table.parse("其他") == "2"
    assert table.find("二级") is None


def test_several_choices_are_kept_once_each():
    table = CodeTable((("a", "独居"), ("b", "空巢"), ("c", "与子女同住、照料")))
    assert table.parse_several("独居, 空巢、a") == "a、b"
    assert table.name_of("a、b") == "独居、空巢"
    assert table.parse_several("与子女同住、照料") == "c"
    with pytest.raises(ValueProblem, match="“别的”不在选项中"):
        table.parse_several("独居、别的")
