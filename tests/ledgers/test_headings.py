from apps.ledgers.models import FormField
from apps.ledgers.selectors.headings import heading_rows


def shape(*fields):
    rows = heading_rows([FormField(name=name, group=group) for name, group in fields])
    return [[(cell.text, cell.columns, cell.rows) for cell in row] for row in rows]


def test_groups_stand_over_their_fields_and_the_rest_reaches_up():
    assert shape(("姓名", ""), ("月", "出生年月"), ("日", "出生年月"), ("备注", "")) == [
        [("姓名", 1, 2), ("出生年月", 2, 1), ("备注", 1, 2)],
        [("月", 1, 1), ("日", 1, 1)],
    ]


def test_a_form_without_groups_has_one_row():
    assert shape(("姓名", ""), ("备注", "")) == [[("姓名", 1, 1), ("备注", 1, 1)]]


def test_groups_of_two_levels_merge_only_under_the_same_group():
    assert shape(("姓名", "父亲 / 基本"), ("姓名", "母亲 / 基本"), ("电话", "母亲"), ("序号", "")) == [
        [("父亲", 1, 1), ("母亲", 2, 1), ("序号", 1, 3)],
        [("基本", 1, 1), ("基本", 1, 1), ("电话", 1, 2)],
        [("姓名", 1, 1), ("姓名", 1, 1)],
    ]


def test_a_group_that_comes_again_is_not_drawn_across_what_lies_between():
    assert shape(("月", "日期"), ("备注", ""), ("日", "日期"))[0] == [("日期", 1, 1), ("备注", 1, 2), ("日期", 1, 1)]
