"""Errors a person can read (业务错误): what is wrong and how to mend it."""


class DomainError(Exception):
    """A rule refused the request (业务规则不允许).

    `message` is a Chinese sentence that says what is wrong; `hint` says what to do next, or is empty.
    The middleware and the API turn it into a message or a JSON body with `status`, so no view catches it.
    """

    status = 422

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}。{self.hint}" if self.hint else self.message


class InvalidTransition(DomainError):
    """The state does not allow this step (状态不允许)."""

    status = 409


class NotAllowed(DomainError):
    """The person may not do this (无权限)."""

    status = 403


class Outdated(DomainError):
    """Somebody else changed it in the meantime (已被他人修改)."""

    status = 409
