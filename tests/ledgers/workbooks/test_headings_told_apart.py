"""Data is no heading, a title alone is none, and groups that were not merged still stand over their names."""

import pytest

from apps.ledgers.workbooks import WorkbookRefused
from tests.ledgers.workbooks.test_real_forms import drawn, fields, read

N = None
ID = "310230196001011234"

DATA = {
    "name and ID number": [["施玉芳", ID, "城桥镇"]],
    "ID number kept as a number": [["施玉芳", 310230196001011200, "城桥镇"]],
    "old ID number": [["施玉芳", "310230600101123", "城桥镇"]],
    "ID number half hidden": [["施玉芳", "310230********1234", "城桥镇"]],
    "telephone": [["施玉芳", "138 0000 0000", "城桥镇"]],
    "two telephones": [["施玉芳", "13800000000/021-59610000", "城桥镇"]],
    "a number of a person beside headings": [["姓名", "联系电话", "13800000000"]],
    "a day": [["施玉芳", "1960年1月1日", "城桥镇"]],
    "a day without signs": [["施玉芳", "19600101", "城桥镇"]],
    "amounts": [["城桥镇", 500.5, 800], ["堡镇", 300, 70]],
    "numbered rows": [[1, "施玉芳", "城桥镇"], [2, "黄水妹", "堡镇"]],
    "persons": [["王建国", "城桥镇", "农民"], ["李秀英", "堡镇", "工人"]],
    "sex and people": [["施玉芳", "男", "汉族", "城桥镇"]],
    "one sex over another": [["沙妹", "男", "城桥镇"], ["柏英", "女", "堡镇"]],
    "one column of persons": [["王建国"], ["李秀英"], ["张小妹"]],
}


@pytest.mark.parametrize("name", DATA)
def test_rows_without_headings_are_refused(name):
    with pytest.raises(WorkbookRefused, match="没有找到表头：第 1 行看起来是数据") as refused:
        read(drawn(DATA[name]))
    assert "加一行" in refused.value.hint
    assert not any(str(cell) in refused.value.message for cell in DATA[name][0] if len(str(cell)) > 1)


def test_the_row_of_data_is_named_below_a_title_and_beside_a_tall_heading():
    rows = [["独居老人名册", N, N], ["施玉芳", ID, "城桥镇"]]
    with pytest.raises(WorkbookRefused, match="第 2 行看起来是数据"):
        read(drawn(rows, ["A1:C1"]))
    with pytest.raises(WorkbookRefused, match="第 2 行看起来是数据"):
        read(drawn([["村居", "姓名", "证号"], [N, "施玉芳", ID]], ["A1:A2"]))


HEADINGS = [
    ["村居", "2023年", "2024年"],
    ["分类", 2023, 2024],
    ["分类", "60岁以上", "70岁以上"],
    ["分类", "1月", "2月", "3月"],
    ["分组", *range(1, 32)],
    ["分组", 60, 70, 80],
    ["分组", "101", "102", "103"],
    ["分组", "A01", "A02"],
    ["分组", "2026-11-01", "2026-11-02", "2026-11-03"],
    ["序号", "姓名", "性别"],
    ["指标", "500", "1000"],
    ["村居", "男", "女", "合计"],
    ["对象", "是", "否"],
    ["成员", "高龄", "金额"],
]


@pytest.mark.parametrize("headings", HEADINGS, ids=lambda each: "-".join(map(str, each[:3])))
def test_names_that_hold_numbers_are_names(headings):
    names = [str(name) for name in headings if name != "序号"]
    assert fields(read(drawn([headings, ["施家村", "有", "无"]]))) == names


@pytest.mark.parametrize(
    ("rows", "merges"),
    [
        ([["崇明区独居老人名册"]], []),
        ([["崇明区独居老人情况", N, N]], ["A1:C1"]),
        ([["姓名"]], []),
        ([[ID], [ID]], []),
        ([["附件1"], ["独居老人名册"]], []),
    ],
)
def test_a_title_alone_is_no_heading(rows, merges):
    with pytest.raises(WorkbookRefused, match="没有找到表头"):
        read(drawn(rows, merges))


def test_one_column_below_a_title_is_a_heading():
    assert fields(read(drawn([["独居老人名册"], ["姓名"]]))) == ["姓名"]


PERSON = ["姓名", "身份证号", "电话", "住址"]
GROUPS = {
    "below a serial number": (
        [["序号", "本人", N, N, N, "父亲", N, N, N], [N, *PERSON, *PERSON]],
        [f"{who}·{name}" for who in ("本人", "父亲") for name in PERSON],
    ),
    "beside names that need no group": (
        [[N, "本人", N, N, N, "父亲"], ["村居", *PERSON, *PERSON]],
        ["村居", *(f"{who}·{name}" for who in ("本人", "父亲") for name in PERSON)],
    ),
    "below a title, with remarks at the end": (
        [["困难家庭名册"], ["本人", N, N, N, "父亲"], [*PERSON, *PERSON, "备注"]],
        [*(f"{who}·{name}" for who in ("本人", "父亲") for name in PERSON), "备注"],
    ),
    "other names in each": (
        [["基本情况", N, N, "补贴情况"], ["姓名", "年龄", "村居", "金额", "标准", "类别", "起始月"]],
        [
            "基本情况·姓名",
            "基本情况·年龄",
            "基本情况·村居",
            *(f"补贴情况·{x}" for x in ["金额", "标准", "类别", "起始月"]),
        ],
    ),
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_reach_to_the_next_though_not_merged(name):
    rows, expected = GROUPS[name]
    assert fields(read(drawn(rows))) == expected


@pytest.mark.parametrize(
    "above",
    [
        ["独居老人名册", N, N, N, "2026年11月"],
        ["区民政局", N, N, N, "第四季度"],
        ["填报单位：", N, N, "日期："],
        ["第四季度", N, N, N, N, N, "内部"],
        ["2026年", N, N, "第四季度"],
        ["独居"],
    ],
)
def test_what_stands_above_the_names_is_not_always_a_group(above):
    names = ["姓名", "年龄", "村居", "金额", "标准", "类别", "起始月"]
    assert fields(read(drawn([above, names]))) == names


def test_every_doubled_name_is_said_at_once():
    with pytest.raises(WorkbookRefused) as refused:
        read(drawn([["姓名字样", "电话", "住址", "电话", "住址", "电话"]]))
    assert refused.value.message == "B、D、F 列都叫“电话”，C 列和 E 列都叫“住址”"
    many = [f"项目{n}" for n in range(7)]
    with pytest.raises(WorkbookRefused) as refused:
        read(drawn([many + many]))
    assert refused.value.message.count("都叫") == 5
    assert "一共有 7 组" in refused.value.message
