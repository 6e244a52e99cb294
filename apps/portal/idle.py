"""What a post reads when nothing waits for it (没有待办时): why, and where it may go next."""

from dataclasses import dataclass

from apps.accounts.roles import Role


@dataclass(frozen=True)
class Idle:
    """空状态; `is_next` makes its button the blue one of the page."""

    text: str
    url_name: str = ""
    action: str = ""
    is_next: bool = False


NO_PERSONAL_DATA = "这个岗位不接触居民数据。"  # 三员分立
IDLE: dict[Role, Idle] = {
    Role.VILLAGE_CADRE: Idle("没有待填的台账。新的台账下发后会出现在这里。", "ledgers:sheets", "查看已提交的台账"),
    Role.GRID_LEADER: Idle("台账由本村居的填报员填写，目前没有要您办的事。"),
    Role.TOWN_ADMIN: Idle("各村居都已提交，也没有等您审核的台账。", "ledgers:sheets", "查看各村居台账"),
    Role.DEPARTMENT_CLERK: Idle(
        "没有等您确认的事。要收集数据时，上传本部门现有的 Excel 模板。", "ledgers:templates", "上传模板", is_next=True
    ),
    Role.LEDGER_REVIEWER: Idle("没有待审核的填报项。部门上传新模板后会出现在这里。", "ledgers:plans", "查看合并方案"),
    Role.DATA_CENTRE: Idle("没有待审核的填报项。部门上传新模板后会出现在这里。", "ledgers:burden", "查看减负数据"),
    Role.SYSTEM_OFFICER: Idle(f"{NO_PERSONAL_DATA}系统配置目前在服务器上进行，网页上没有要办的事。"),
    Role.SECURITY_OFFICER: Idle(f"{NO_PERSONAL_DATA}岗位、授权和密钥目前在服务器上登记，网页上没有要办的事。"),
    Role.AUDIT_OFFICER: Idle(f"{NO_PERSONAL_DATA}操作记录目前在服务器的运行日志里，网页上没有要办的事。"),
}
