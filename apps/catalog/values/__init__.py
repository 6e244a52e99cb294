"""How values are written, read and checked (取值规则): one module a subject, each returns the one canonical string.

`parse` is the way in for a cell of any data type; the modules' own functions serve readers that know what they read.
"""

from apps.catalog.values.codes import CodeTable
from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.reading import Value, parse

__all__ = ["CodeTable", "Value", "ValueProblem", "parse"]
