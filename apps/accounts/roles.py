"""The catalogue of roles and what each may do (岗位目录); a posting gives a role over an area or a department."""

from django.db.models import TextChoices


class Permission(TextChoices):
    """What can be done (权限); every rule asks for one of these by name."""

    PERSON_VIEW = "person.view", "查人查房"
    PERSON_EDIT = "person.edit", "人房采集"
    SHEET_FILL = "sheet.fill", "填报台账"
    SHEET_VIEW = "sheet.view", "查看台账填报"
    SHEET_CHECK = "sheet.check", "审核村居提交的台账"
    TEMPLATE_MANAGE = "template.manage", "管理本部门台账模板"
    TEMPLATE_DOWNLOAD = "template.download", "下载本部门已填台账"
    MATCH_REVIEW = "match.review", "审核填报项与数据元的对应"
    MERGE_MANAGE = "merge.manage", "提出要素合并"
    BURDEN_VIEW = "burden.view", "查看减负数据"
    CATALOG_MANAGE = "catalog.manage", "维护数据元与代码"
    SYSTEM_CONFIGURE = "system.configure", "系统配置"
    SECURITY_MANAGE = "security.manage", "岗位、授权与密钥"
    AUDIT_READ = "audit.read", "查看审计日志"


class Role(TextChoices):
    """Posts people hold (岗位角色); 三员分立: no officer reads personal data, no role spans two officers."""

    VILLAGE_CADRE = "village_cadre", "村居填报员"
    GRID_LEADER = "grid_leader", "微网格长"
    TOWN_ADMIN = "town_admin", "街镇管理员"
    DEPARTMENT_CLERK = "department_clerk", "部门填报管理员"
    LEDGER_REVIEWER = "ledger_reviewer", "合并审核员"
    DATA_CENTRE = "data_centre", "大数据中心管理员"
    SYSTEM_OFFICER = "system_officer", "系统管理员"
    SECURITY_OFFICER = "security_officer", "安全管理员"
    AUDIT_OFFICER = "audit_officer", "审计管理员"


P = Permission
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VILLAGE_CADRE: frozenset({P.PERSON_VIEW, P.PERSON_EDIT, P.SHEET_FILL, P.SHEET_VIEW, P.BURDEN_VIEW}),
    Role.GRID_LEADER: frozenset({P.PERSON_VIEW, P.PERSON_EDIT}),
    Role.TOWN_ADMIN: frozenset({P.PERSON_VIEW, P.SHEET_VIEW, P.SHEET_CHECK, P.BURDEN_VIEW}),
    Role.DEPARTMENT_CLERK: frozenset({P.TEMPLATE_MANAGE, P.TEMPLATE_DOWNLOAD, P.BURDEN_VIEW}),
    Role.LEDGER_REVIEWER: frozenset({P.MATCH_REVIEW, P.MERGE_MANAGE, P.BURDEN_VIEW}),
    Role.DATA_CENTRE: frozenset({P.CATALOG_MANAGE, P.MATCH_REVIEW, P.MERGE_MANAGE, P.BURDEN_VIEW}),
    Role.SYSTEM_OFFICER: frozenset({P.SYSTEM_CONFIGURE}),
    Role.SECURITY_OFFICER: frozenset({P.SECURITY_MANAGE}),
    Role.AUDIT_OFFICER: frozenset({P.AUDIT_READ}),
}

AREA_ROLES = frozenset({Role.VILLAGE_CADRE, Role.GRID_LEADER, Role.TOWN_ADMIN})
