from apps.core.errors import DomainError


class ValueProblem(DomainError):
    """The value is not what its data type asks for (取值不合要求); the sentence says how it should be."""
