"""What a template looks like (版式): where its headings and rows stand, and its columns in order."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class TemplateColumn:
    """一列: `column_index` counts from 1; `group` is the path of headings above, joined by “ / ”."""

    column_index: int
    name: str
    group: str = ""
    comment: str = ""
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class TemplateLayout:
    """版式: rows count from 1; the rows to fill begin at `data_row`, what stands at `footer_row` and below is kept."""

    sheet_name: str
    title: str
    header_first: int
    header_last: int
    footer_row: int | None
    columns: tuple[TemplateColumn, ...]
    serial_column: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def data_row(self) -> int:
        return self.header_last + 1

    def with_warnings(self, more: Iterable[str]) -> "TemplateLayout":
        return replace(self, warnings=(*more, *self.warnings))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "TemplateLayout":
        columns = tuple(
            TemplateColumn(**{**column, "options": tuple(column["options"])}) for column in stored["columns"]
        )
        return cls(**{**stored, "columns": columns, "warnings": tuple(stored["warnings"])})
