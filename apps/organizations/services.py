"""Loading the area tree and the departments (区划与部门入库)."""

import csv
from pathlib import Path

from django.db import transaction

from apps.organizations.models import CODE_LENGTH, Area, AreaLevel, Department

DATA = Path(__file__).parent / "data"


@transaction.atomic
def load_areas() -> int:
    """Bring in the real area tree; what exists is brought up to date. Returns how many areas there are."""
    with open(DATA / "chongming-divisions.csv", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    areas = []
    for line in csv.DictReader(lines):
        level = AreaLevel(line["level"])
        code = line["code"][: CODE_LENGTH[level]]
        parent = {AreaLevel.DISTRICT: None, AreaLevel.TOWN: code[:6], AreaLevel.VILLAGE: code[:9]}[level]
        areas.append(Area(code=code, name=line["name"], level=level, parent_id=parent, unit_kind=line["unit_kind"]))
    areas.sort(key=lambda area: len(area.code))
    _upsert(Area, areas, ["name", "level", "parent", "unit_kind"])
    return len(areas)


@transaction.atomic
def load_departments() -> int:
    """Bring in the departments of the plan. Returns how many there are."""
    with open(DATA / "departments.csv", encoding="utf-8") as file:
        departments = [Department(**line) for line in csv.DictReader(file)]
    _upsert(Department, departments, ["name", "short_name", "role_in_plan"])
    return len(departments)


def _upsert(model: type[Area] | type[Department], rows: list, fields: list[str]) -> None:
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)
