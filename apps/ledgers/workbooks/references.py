"""Places in a sheet (单元格引用): `B5`, `B5:C9`, and what becomes of them when rows are put in."""

import re
from dataclasses import dataclass

from openpyxl.utils import column_index_from_string

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_IN_FORMULA = re.compile(
    r"""("[^"]*"|(?:'[^']*'|[\w.]+)!\$?[A-Z]{1,3}\$?\d*(?::\$?[A-Z]{1,3}\$?\d*)?)"""
    r"""|(?<![\w.$])(\$?[A-Z]{1,3}\$?)(\d{1,7})(?::(\$?[A-Z]{1,3}\$?)(\d{1,7}))?(?![\w(!])"""
)


@dataclass(frozen=True)
class Area:
    """区域, counted from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def cells(self) -> int:
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)


def read_place(text: str) -> tuple[int, int]:
    """Row and column of `B5`; ValueError when there is no such place."""
    found = _PLACE.fullmatch(text)
    if not found:
        raise ValueError(text)
    row, column = int(found[2]), column_index_from_string(found[1])
    if row > MOST_ROWS or column > MOST_COLUMNS:
        raise ValueError(text)
    return row, column


def read_area(text: str) -> Area:
    """`B5:C9`, `B5` or `$B$5`; ValueError when it is none."""
    first, _, second = text.replace("$", "").partition(":")
    (row, column), (last_row, last_column) = read_place(first), read_place(second or first)
    if row > last_row or column > last_column:
        raise ValueError(text)
    return Area(row, column, last_row, last_column)


def read_areas(text: str) -> list[Area]:
    """Areas of an `sqref`; those it cannot name a place for are left out (`A:C`)."""
    found = []
    for each in text.split()[:1000]:
        try:
            found.append(read_area(each))
        except ValueError:
            continue
    return found


@dataclass(frozen=True)
class RowShift:
    """插入数据行: rows to fill begin at `first`; what stood at `footer` now stands `offset` rows lower."""

    first: int
    footer: int | None
    count: int

    @property
    def last(self) -> int:
        """The last row of data; one is kept empty when there is none."""
        return self.first + max(self.count, 1) - 1

    @property
    def offset(self) -> int:
        return self.last + 1 - self.footer if self.footer else 0

    def top(self, row: int) -> int:
        return min(row + self.offset, MOST_ROWS) if self._is_below(row) else min(row, self.first)

    def bottom(self, row: int) -> int:
        if row < self.first:
            return row
        return (
            min(row + self.offset, MOST_ROWS) if self._is_below(row) else max(self.last, row if not self.footer else 0)
        )

    def is_sample(self, area: Area) -> bool:
        """Whether it begins in the rows that are replaced."""
        return area.top >= self.first and not self._is_below(area.top)

    def _is_below(self, row: int) -> bool:
        return self.footer is not None and row >= self.footer

    def areas(self, text: str) -> str:
        """An `sqref` after the shift: what covered a sample row covers every row of data."""
        return " ".join(_AREA.sub(self._moved, each) for each in text.split())

    def _moved(self, found: re.Match[str]) -> str:
        left, top, right, bottom = found.groups()
        if bottom is None and int(top) < self.first:
            return found[0]
        first, last = self.top(int(top)), self.bottom(int(bottom or top))
        return f"{left}{first}" if bottom is None and first == last else f"{left}{first}:{right or left}{last}"

    def formula(self, text: str) -> str:
        """A formula below the rows after the shift: a sum over the sample rows is one over all rows."""

        def moved(found: re.Match[str]) -> str:
            kept, left, top, right, bottom = found.groups()
            if kept:
                return kept
            if right is None:
                return f"{left}{self.top(int(top))}"
            return f"{left}{self.top(int(top))}:{right}{self.bottom(int(bottom))}"

        return _IN_FORMULA.sub(moved, text)
