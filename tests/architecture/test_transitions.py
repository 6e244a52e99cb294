"""Every status has its transitions; whoever moves one asks the table, and nobody else writes a status."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.errors import InvalidTransition
from apps.ledgers.models import CollectionSheet, FormTemplate, MergePlan
from apps.ledgers.services import filling, merging, templates
from tests.factories import AreaFactory, PlanFactory
from tests.factories.ledgers import TemplateFactory

ROOT = Path(__file__).resolve().parents[2]
WITH_TRANSITIONS = [model for model in apps.get_models() if hasattr(model, "TRANSITIONS")]
MOVERS = {
    FormTemplate: (templates.move, TemplateFactory),
    MergePlan: (merging._move, PlanFactory),
    CollectionSheet: (
        filling.move_sheet,
        lambda **more: CollectionSheet.objects.create(plan=PlanFactory(), area=AreaFactory(), **more),
    ),
}
STEPS = [(model, start, end) for model in MOVERS for start in model.TRANSITIONS for end in model.TRANSITIONS]


def _statuses(model) -> set[str]:
    return {value for value, _ in model._meta.get_field("status").choices}


def test_every_model_with_transitions_has_its_mover():
    assert set(WITH_TRANSITIONS) == set(MOVERS)


@pytest.mark.parametrize("model", WITH_TRANSITIONS)
def test_every_status_stands_in_the_table_and_can_be_reached(model):
    first = model._meta.get_field("status").default
    assert set(model.TRANSITIONS) == _statuses(model)
    assert {first}.union(*model.TRANSITIONS.values()) == _statuses(model)


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "start", "end"), STEPS)
def test_only_what_the_table_allows_is_moved(model, start, end):
    move, make = MOVERS[model]
    row = make(status=start)
    if end in model.TRANSITIONS[start]:
        move(row, end)
    else:
        with pytest.raises(InvalidTransition, match=start.label):
            move(row, end)
        end = start
    row.refresh_from_db()
    assert row.status == end


def test_nobody_else_writes_a_status():
    """`x.status = …` stands in the movers alone; a bulk update only where a run is claimed."""
    writers = set()
    for path in sorted(ROOT.glob("apps/*/**/*.py")):
        if "migrations" in path.parts:
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and any(map(_writes_status, ast.walk(function))):
                writers.add(f"{path.relative_to(ROOT / 'apps')}:{function.name}")
    assert writers == {
        "core/models.py:claim",
        "ledgers/services/filling.py:move_sheet",
        "ledgers/services/merging.py:_move",
        "ledgers/services/templates.py:move",
    }


def _writes_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in node.targets)
    is_update = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update"
    return is_update and any(keyword.arg == "status" for keyword in node.keywords)


def test_everything_on_the_timetable_is_there():
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert import_string(entry["task"])
