"""What goes into matching and what comes out of it (匹配的输入与结果)."""

from dataclasses import dataclass
from typing import Literal

Decision = Literal["auto", "review", "none"]


@dataclass(frozen=True, slots=True)
class FieldText:
    """填报项: one column of a form, as it is written there."""

    fid: str
    name: str
    group: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class FormText:
    """一张表: its title, the office that asks, and its fields in the order of the paper."""

    id: str
    title: str
    department: str = ""
    fields: tuple[FieldText, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementText:
    """数据元: what the registry says of one element."""

    id: str
    name: str
    definition: str = ""
    data_type: str = ""
    subject: str = ""
    code_set: str = ""


@dataclass(frozen=True, slots=True)
class AliasText:
    """别名: a normalised name that means an element (None: 部门自用项) under a context; "" holds under any.

    A weight below 1 is evidence to be weighed with the rest; 1 and above is a person's answer and decides.
    """

    name: str
    context: str
    element: str | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """候选: an element and how well it fits, 0 to 1."""

    element: str
    score: float


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """匹配结果 of one field.

    element is None exactly when decision is "none"; candidates (at most five, best first) are there in every case.
    subject says whose the field is ("person", "father", "unit" …), reason is a sentence for the reviewer, and
    cluster names fields of one meaning that the registry does not have.
    """

    fid: str
    element: str | None
    candidates: tuple[Candidate, ...]
    decision: Decision
    score: float
    subject: str
    reason: str
    cluster: str | None = None
