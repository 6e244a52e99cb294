"""The labelling rules, each by examples: whose a field is, and which property of theirs."""

import pytest

from tests.catalog.matching.conftest import Match


def auto(match: Match, title: str, *pairs: str) -> None:
    """Each "name=element" is decided without a person, and rightly."""
    names, wanted = zip(*(pair.rsplit("=", 1) for pair in pairs), strict=True)
    found = match(title, *names)
    assert [f"{name}={one.element} {one.decision}" for name, one in zip(names, found, strict=True)] == [
        f"{name}={element} auto" for name, element in zip(names, wanted, strict=True)
    ]


@pytest.mark.parametrize("who", ["残疾人", "学员", "失业人员", "患者", "老人", "死亡人", "参保人"])
def test_rule_1_whoever_the_row_registers_is_the_person(match: Match, who: str) -> None:
    auto(match, f"{who}登记表", f"{who}姓名=person.name", "性别=person.sex", "身份证号=person.id_number")


def test_rule_1_a_tenant_beside_the_landlord_is_left_to_a_person(match: Match) -> None:
    found = match("出租房屋登记表", "房屋地址", "出租人姓名", "联系电话", "承租人姓名", "承租人身份证号")
    assert [one.decision for one in found] == ["auto", "auto", "auto", "review", "review"]
    assert found[1].element == "house.owner_name"


def test_rule_2_others_carry_their_own_prefix(match: Match) -> None:
    auto(
        match,
        "学生基本信息表",
        "学生姓名=person.name",
        "身份证号=person.id_number",
        "父亲姓名=father.name",
        "父亲身份证号=father.id_number",
        "母亲姓名=mother.name",
        "母亲联系电话=mother.phone",
        "监护人姓名=guardian.name",
        "监护人住址=guardian.address",
    )


def test_rule_2_who_applies_for_another(match: Match) -> None:
    auto(
        match,
        "残疾人补贴申请表",
        "姓名=person.name",
        "身份证号=person.id_number",
        "代办人姓名=applicant.name",
        "身份证号=applicant.id_number",
    )


def test_rule_2_a_receiver_of_post(match: Match) -> None:
    auto(
        match,
        "居住证申领表",
        "姓名=person.name",
        "收件人姓名=recipient.name",
        "收件人电话=recipient.phone",
        "收件地址=recipient.address",
    )


@pytest.mark.parametrize("title", ["低保家庭花名册", "村民登记表", "耕地补贴台账"])
def test_rule_2_the_head_of_a_household_is_never_the_person(match: Match, title: str) -> None:
    auto(match, title, "户主姓名=household.head_name")


def test_rule_3_a_bare_name_follows_the_nearest_person(match: Match) -> None:
    auto(
        match,
        "贫困学生资助",
        "学生姓名=person.name",
        "身份证号=person.id_number",
        "父亲姓名=father.name",
        "身份证号码=father.id_number",
        "母亲姓名=mother.name",
        "身份证号码=mother.id_number",
    )
    auto(
        match,
        "规模企业信息",
        "企业名称=unit.name",
        "法人姓名=unit.legal_rep_name",
        "性别=unit.legal_rep_sex",
        "身份证号=unit.legal_rep_id_number",
    )
    auto(
        match,
        "危房改造户台账",
        "户主姓名=household.head_name",
        "性别=household.head_sex",
        "年龄=household.head_age",
        "身份证=household.head_id_number",
    )
    auto(
        match,
        "孕产妇保健档案",
        "孕产妇姓名=person.name",
        "身份证号=person.id_number",
        "联系电话=person.phone",
        "丈夫姓名=spouse.name",
        "身份证号=spouse.id_number",
        "联系电话=spouse.phone",
    )


def test_rule_3_a_company_phone_behind_its_representative_is_left_to_a_person(match: Match) -> None:
    found = match("企业信息表", "企业名称", "法定代表人", "联系电话")
    assert found[2].decision == "review"
    assert {one.element for one in found[2].candidates} >= {"unit.phone", "unit.legal_rep_phone"}


def test_rule_3_what_follows_somebody_unknown_is_not_given_to_the_row(match: Match) -> None:
    found = match("困境儿童登记表", "姓名", "身份证号", "联系电话", "儿童主任姓名", "联系电话")
    assert found[2].element == "person.phone"
    assert found[2].decision == "auto"
    assert found[4].decision != "auto"


def test_rule_3_what_is_asked_behind_another_is_not_taken_for_the_rows(match: Match) -> None:
    found = match("留守儿童台账", "学生姓名", "身份证号", "父亲姓名", "务工地点", "联系电话", "残疾等级")
    assert [one.decision for one in found[3:]] == ["review", "review", "review"]
    assert found[4].element == "father.phone"
    assert match("新生儿落户", "婴儿姓名", "父亲姓名", "公民身份号码", "户籍地址")[3].decision == "review"


def test_rule_3_a_phone_behind_an_officer_is_not_the_rows(match: Match) -> None:
    assert match("商铺台账", "商铺名称", "联系电话", "网格员", "联系电话")[3].decision == "review"
    assert match("困难职工档案", "姓名", "身份证号", "工会联系人", "联系电话")[3].decision == "review"


def test_rule_2_where_the_applicant_comes_first_either_may_be_the_row(match: Match) -> None:
    found = match("医疗救助申请表", "申请人姓名", "身份证号码", "患者姓名", "与申请人关系")
    assert {one.decision for one in found} == {"review"}


def test_rule_2_whom_the_elderly_are_supported_by(match: Match) -> None:
    auto(
        match,
        "低保家庭赡养人信息",
        "户主姓名=household.head_name",
        "赡养人姓名=supporter.name",
        "与户主关系=supporter.relation_to_head",
        "年龄=supporter.age",
        "年收入=supporter.annual_income",
    )


def test_rule_1_an_unknown_word_for_the_row_is_still_the_row(match: Match) -> None:
    found = match("农机购置补贴申请表", "购机者姓名", "身份证号", "联系电话")
    assert [(one.element, one.decision) for one in found] == [
        ("person.name", "review"),
        ("person.id_number", "auto"),
        ("person.phone", "auto"),
    ]


def test_a_title_that_only_ends_like_a_household_table(match: Match) -> None:
    auto(match, "sys_user 用户表", "手机号码=person.phone", "创建时间=record.created_time")


def test_rule_3_of_an_animal(match: Match) -> None:
    found = match("养犬登记表", "养犬人姓名", "犬名", "犬只性别", "出生日期")
    assert "auto" not in {one.decision for one in found[1:]}


def test_rule_4_a_roster_by_relation_to_the_head_is_about_its_rows(match: Match) -> None:
    auto(
        match,
        "户籍人口花名册",
        "户主姓名=household.head_name",
        "姓名=person.name",
        "与户主关系=person.relation_to_head",
        "性别=person.sex",
        "身份证号=person.id_number",
    )


def test_rule_4_a_table_of_relatives_is_about_them(match: Match) -> None:
    auto(
        match,
        "低保申请审批表",
        "申请人姓名=person.name",
        "身份证号=person.id_number",
        "家庭成员@姓名=family_member.name",
        "家庭成员@与申请人关系=family_member.relation",
        "家庭成员@身份证号=family_member.id_number",
        "家庭成员@健康状况=family_member.health_status",
    )


def test_rule_4_a_heading_of_two_kinds_of_people_is_left_to_a_person(match: Match) -> None:
    found = match("学籍表", "姓名", "家庭成员或监护人@姓名", "家庭成员或监护人@身份证号")
    assert [one.decision for one in found[1:]] == ["review", "review"]
    assert {one.element for one in found[2].candidates} >= {"family_member.id_number", "guardian.id_number"}


def test_rule_5_addresses(match: Match) -> None:
    auto(
        match,
        "人口信息采集表",
        "姓名=person.name",
        "户籍所在地=person.registered_address",
        "户籍所在省=person.registered_region",
        "现住地址=person.residence_address",
        "籍贯=person.native_place",
        "出生地=person.birthplace",
        "通讯地址=person.mailing_address",
    )
    auto(match, "出租屋台账", "房屋地址=house.address", "房屋面积=house.area")
    auto(match, "商铺登记表", "商铺名称=unit.name", "经营地址=unit.address", "注册地址=unit.registered_address")


def test_rule_5_where_a_landlord_is_registered_is_not_where_he_lives(match: Match) -> None:
    found = match("出租房屋登记表", "房屋地址", "房东姓名", "身份证号", "户籍地址")
    assert found[3].decision != "auto"


def test_rule_6_numbers_of_certificates(match: Match) -> None:
    auto(
        match,
        "残疾人登记表",
        "姓名=person.name",
        "公民身份号码=person.id_number",
        "残疾证号=disability.cert_no",
        "低保证号=lowincome.cert_no",
    )
    auto(match, "敬老优待证", "姓名=person.name", "身份证号码=person.id_number")
    assert match("敬老优待证", "姓名", "身份证号码", "证件编号")[2].candidates[0].element == "elder.cert_no"
    auto(match, "民政婚姻登记信息", "业务类型=marriage.biz_type", "证件号码=marriage.cert_no", "男方姓名=party_m.name")
    auto(match, "流动人口信息", "姓名=person.name", "身份证号=person.id_number", "居住证编号=residence_permit.no")
    auto(match, "商户信息", "商户名称=unit.name", "营业执照号=unit.license_no")


def test_rule_6_a_number_of_another_certificate_is_not_the_low_income_one(match: Match) -> None:
    assert match("特困人员台账", "姓名", "身份证号", "特困证编号")[2].decision != "auto"


def test_rule_7_dates(match: Match) -> None:
    auto(
        match,
        "居住证办理台账",
        "姓名=person.name",
        "受理日期=record.accept_date",
        "登记日期=record.register_date",
        "填报日期=record.fill_date",
        "创建时间=record.created_time",
        "居住证发证日期=residence_permit.issue_date",
    )
    auto(match, "补贴发放台账", "姓名=person.name", "审批时间=benefit.approval_date", "发放时间=benefit.pay_date")


def test_rule_7_a_date_of_something_else_is_left_to_a_person(match: Match) -> None:
    found = match("走访记录", "姓名", "走访时间", "办结时间")
    assert [one.decision for one in found[1:]] == ["review", "review"]


@pytest.mark.parametrize(
    ("written", "element"),
    [
        ("户口性质", "person.hukou_type"),
        ("户籍类别（本地/外地）", "person.hukou_locality"),
        ("户口类型（家庭户/集体户）", "household.hukou_household_type"),
        ("户别", "household.hukou_household_type"),
        ("户别（农业/非农业）", "person.hukou_type"),
        ("是否本市户籍", "person.hukou_locality"),
    ],
)
def test_rule_8_registration_of_households(match: Match, written: str, element: str) -> None:
    auto(match, "人口信息", "姓名=person.name", f"{written}={element}")


def test_rule_9_levels_and_counts(match: Match) -> None:
    auto(match, "残疾人信息表", "姓名=person.name", "残疾等级=disability.level")
    auto(match, "伤残人员信息", "优抚对象=pref.object", "姓名=person.name", "伤残等级=pref.disability_level")
    auto(
        match,
        "低保户台账",
        "户主姓名=household.head_name",
        "家庭人口=household.member_count",
        "保障人数=lowincome.insured_count",
    )


def test_rule_10_who_fills_a_form_in_is_no_resident(match: Match) -> None:
    auto(
        match,
        "居家养老服务补贴",
        "姓名=person.name",
        "身份证=person.id_number",
        "联系电话=person.phone",
        "填表人=record.filler_name",
        "填表人联系电话=record.filler_phone",
        "填表日期=record.fill_date",
        "审核人=record.reviewer_name",
        "登记人=record.registrar_name",
        "录入人=record.created_by",
    )


@pytest.mark.parametrize("who", ["接待人", "调解员", "初审人", "走访人"])
def test_rule_10_officers_the_registry_does_not_tell_apart_are_left_to_a_person(match: Match, who: str) -> None:
    assert match("来访登记表", "姓名", "身份证号", who)[2].decision != "auto"


def test_two_fields_of_one_form_never_merge_by_themselves(match: Match) -> None:
    found = match("居民登记表", "姓名", "联系电话", "电话")
    autos = [one.element for one in found if one.decision == "auto"]
    assert len(autos) == len(set(autos))


def test_numbered_columns_are_one_element(match: Match) -> None:
    auto(match, "参保信息", "姓名=person.name", "备注1=record.remark", "备注2=record.remark")


@pytest.mark.parametrize("name", ["性别 1男 2女", "性别（0男 1女）", "姓别(1男2女)", "3. 性 别：", "*性别"])
def test_options_numbering_and_marks_do_not_hide_a_name(match: Match, name: str) -> None:
    auto(match, "人员表", "姓名=person.name", f"{name}=person.sex")


def test_a_name_joined_from_two_is_left_to_a_person(match: Match) -> None:
    assert match("志愿者登记", "姓名", "现工作单位或学校")[1].decision != "auto"


def test_fields_without_an_element_are_grouped_across_forms_but_not_within_one(match: Match) -> None:
    one = match("孕产妇登记册", "姓名", "预产期", "厨房排风设施")
    other = match("妇幼台账", "姓名", "厨房排风设施：")
    assert one[2].decision == other[1].decision == "none"
    assert one[2].cluster == other[1].cluster
    twice = match("健康档案", "姓名", "厨房@排风设施", "厕所@排风设施", "禽畜栏@排风设施", "禽畜栏@排风设施")
    clusters = [field.cluster for field in twice[1:]]
    assert len(set(clusters)) == len(clusters)


def test_the_reviewer_reads_whose_it_was_taken_to_be(match: Match) -> None:
    found = match("学生信息", "姓名", "身份证号", "父亲姓名", "身份证号", "走访时间", "药物过敏史")
    assert found[1].reason == "没有写明是谁的，按本表登记的本人；通行的名称就是“公民身份号码”"
    assert found[3].reason == "跟在“父亲姓名”后面，按先后是父亲的；通行的名称就是“父亲公民身份号码”"
    assert "请" in found[4].reason
    assert found[5].reason == "注册表中没有足够相近的数据元"


def test_whoever_is_asked_gets_five_to_choose_from(match: Match) -> None:
    found = match("困难残疾人走访慰问登记表", "姓名", "困难原因")[1]
    assert found.decision == "review"
    assert len(found.candidates) == 5
    assert "household.poverty_cause" in [candidate.element for candidate in found.candidates]
    scores = [candidate.score for candidate in found.candidates]
    assert scores == sorted(scores, reverse=True)
