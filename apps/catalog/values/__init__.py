"""How values are written, read and checked (取值规则): one module a subject, each returns the one canonical string."""

from apps.catalog.values.problems import ValueProblem

__all__ = ["ValueProblem"]
