"""A sentence for the reviewer: why this decision (判定理由)."""

from apps.catalog.matching.knowledge import Knowledge
from apps.catalog.matching.reading import Reading
from apps.catalog.matching.texts import Decision


def reason(knowledge: Knowledge, item: Reading, decision: Decision, titles: list[str], answered: bool) -> str:
    """Whose the field was taken to be, and what settled or left open its property; titles are the candidates'."""
    if answered:
        return "已有人审核：部门自用项"
    return "；".join(part for part in (_whose(knowledge, item), _what(decision, titles)) if part)


def _whose(knowledge: Knowledge, item: Reading) -> str:
    if item.subject not in knowledge.subjects or not item.properties:
        return ""
    title = knowledge.subjects[item.subject].title
    said = {
        "named": f"字面写明是{title}的",
        "group": f"分组“{item.group}”说的是{title}",
        "follows": f"跟在“{item.after}”后面，按先后是{title}的" if item.after else f"按先后是{title}的",
        "row": f"没有写明是谁的，按本表登记的{title}",
        "repeated": "这一项在表中不止一次，可能是另一个人的",
    }[item.how]
    other = knowledge.subjects.get(item.rival)
    return f"{said}，也可能是{other.title}的" if other else said


def _what(decision: Decision, titles: list[str]) -> str:
    if decision == "auto":
        return f"通行的名称就是“{titles[0]}”"
    if decision == "none":
        return "注册表中没有足够相近的数据元"
    if len(titles) > 1:
        return f"最近的是“{titles[0]}”，其次“{titles[1]}”，请选定"
    return f"最近的是“{titles[0]}”，请核对"
