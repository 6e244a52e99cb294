"""Loading the common vocabulary (数据元与代码集入库)."""

import csv
from pathlib import Path

from django.db import transaction

from apps.catalog.models import CodeItem, CodeSet, DataElement

DATA = Path(__file__).parent / "data"
CODE_SETS = {
    "sex": ("性别", "GB/T 2261.1-2003"),
    "marital_status": ("婚姻状况", "GB/T 2261.2-2003"),
    "health_status": ("健康状况", "GB/T 2261.3-2003"),
    "ethnicity": ("民族", "GB/T 3304-1991"),
    "political_status": ("政治面貌", "GB/T 4762-1984"),
    "education": ("文化程度", "GB/T 4658-2006"),
    "family_relation": ("家庭关系", "GB/T 4761-2008"),
    "disability_category": ("残疾类别", "GB/T 26341-2010"),
    "disability_level": ("残疾等级", "GB/T 26341-2010"),
    "id_document_type": ("证件类型", "GA/T 517-2004"),
    "residence_category": ("人口类别", ""),
    "residence_state": ("居住状态", ""),
    "house_use": ("房屋用途", ""),
    "house_kind": ("房屋类型", ""),
    "family_relation_1digit": ("家庭关系（一位码）", "GB/T 4761-2008"),
    "residence_exit_reason": ("离开原因", ""),
    "life_event": ("人口事件", ""),
    "microgrid_role": ("微网格角色", ""),
    "collection_period": ("填报周期", ""),
    "row_subject": ("行主体", ""),
    "data_grade": ("数据分级", "GB/T 43697-2024"),
    "pi_sensitivity": ("个人信息敏感程度", "个人信息保护法第二十八条"),
    "pi_sensitive_class": ("敏感个人信息类别", "GB/T 45574-2025"),
    "sharing_type": ("共享类型", "政务数据共享条例"),
    "opening_type": ("开放类型", "上海市公共数据开放暂行办法"),
    "opinion_verdict": ("会签意见", ""),
    "review_outcome": ("联审结论", ""),
}


@transaction.atomic
def load_code_sets() -> int:
    """Bring in the code tables; codes that exist take the new name and place. Returns how many codes there are."""
    CodeSet.objects.bulk_create(
        [CodeSet(code=code, name=name, standard=standard) for code, (name, standard) in CODE_SETS.items()],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "standard"],
    )
    items = []
    for code_set in CODE_SETS:
        with open(DATA / "codes" / f"{code_set}.csv", encoding="utf-8") as file:
            for position, line in enumerate(csv.DictReader(file)):
                items.append(CodeItem(code_set_id=code_set, code=line["code"], name=line["name"], position=position))
    CodeItem.objects.bulk_create(
        items, update_conflicts=True, unique_fields=["code_set", "code"], update_fields=["name", "position"]
    )
    return len(items)


@transaction.atomic
def load_elements() -> int:
    """Bring in the registry of elements; the centre's own changes to an element that exists stay. Returns its size."""
    with open(DATA / "elements.csv", encoding="utf-8") as file:
        elements = [
            DataElement(
                id=line["id"],
                name=line["name"],
                definition=line["definition"],
                data_type=line["data_type"],
                unit=line["unit"],
                code_set_id=line["code_set"] or None,
                subject=line["subject"],
                sensitivity=line["sensitivity"],
                grade=line["grade"],
                freshness_days=int(line["freshness_days"]) if line["freshness_days"] else None,
                is_encrypted=bool(line["encrypted"]),
            )
            for line in csv.DictReader(file)
        ]
    DataElement.objects.bulk_create(elements, ignore_conflicts=True)
    return len(elements)
