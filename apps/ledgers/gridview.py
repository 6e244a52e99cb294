"""What the ledger page shows (台账填报页): columns, rows and cells, shaped once for the grid tag and for JSON."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["prefilled", "confirmed", "typed", "conflict", "empty", "error"]
LeftKind = Literal["error", "conflict", "gap", "confirm", "done"]


def name_in_group(group: str, label: str) -> str:
    """A column by its group and its label (分组 · 列名): several groups of one form may hold a 姓名."""
    return f"{group} · {label}" if group else label


@dataclass(frozen=True)
class GridColumn:
    """列: `kind` is the data type (catalog), `options` are (code, label) of a choice, `hint` says how to write it.

    `readonly` marks a column the register works out; a cell of it that could not be worked out may still be filled.
    """

    key: str
    label: str
    group: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    readonly: bool = False
    hint: str = ""

    @property
    def name(self) -> str:
        """The label behind its group (家庭医生 · 姓名), where the group heading is not in sight."""
        return name_in_group(self.group, self.label)

    def as_json(self) -> dict[str, Any]:
        """The shape static/js/grid.js reads."""
        return {
            "key": self.key,
            "label": self.label,
            "name": self.name,
            "kind": self.kind,
            "options": [list(option) for option in self.options],
            "required": self.required,
            "readonly": self.readonly,
            "hint": self.hint,
        }


@dataclass(frozen=True)
class GridCell:
    """单元格: display text ("" when there is none), state, and where it comes from.

    `source` is the short mark (采集 10-13), `source_name` the full one (人房综合采集，2026-10-13); `error` is a
    sentence and then the state is error; `alt_value` and `alt_source` are the other source's where two differ;
    `is_old` says that the value is past its term and has to be confirmed by itself.
    """

    key: str
    value: str = ""
    state: State = "empty"
    source: str = ""
    source_name: str = ""
    error: str = ""
    alt_value: str = ""
    alt_source: str = ""
    readonly: bool = False
    is_old: bool = False

    @property
    def note(self) -> str:
        """The second line of the cell (来源行): what is wrong, that sources differ, or where the value comes from."""
        if self.error:
            return self.error
        if self.state == "conflict":
            return "2 个来源不一致"
        return f"较旧 {self.source}" if self.is_old else self.source

    def as_json(self, *, accepted: bool = True) -> dict[str, Any]:
        """One cell of a save answer; `accepted` is False where a colleague's value was kept instead."""
        return {
            "key": self.key,
            "value": self.value,
            "state": self.state,
            "source": self.source,
            "source_name": self.source_name,
            "note": self.note,
            "error": self.error,
            "alt_value": self.alt_value,
            "alt_source": self.alt_source,
            "readonly": self.readonly,
            "accepted": accepted,
        }


@dataclass(frozen=True)
class GridRow:
    """一行: who it is about, its version, what is left to do (the row button's words), and cells in column order."""

    id: int
    title: str
    subtitle: str
    version: int
    left: str
    left_kind: LeftKind
    cells: tuple[GridCell, ...]

    def as_json(self, *, refused: frozenset[str] = frozenset()) -> dict[str, Any]:
        """One row of a save answer; `refused` are the keys whose edit was not taken."""
        return {
            "id": self.id,
            "version": self.version,
            "left": self.left,
            "left_kind": self.left_kind,
            "cells": [cell.as_json(accepted=cell.key not in refused) for cell in self.cells],
        }


@dataclass(frozen=True)
class GridProgress:
    """进度 of the whole sheet: `rows`, `checked` and `unchecked` count rows; gaps, errors and conflicts count cells."""

    rows: int
    checked: int
    gaps: int
    errors: int
    conflicts: int
    unchecked: int

    def as_json(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "checked": self.checked,
            "gaps": self.gaps,
            "errors": self.errors,
            "conflicts": self.conflicts,
            "unchecked": self.unchecked,
        }
