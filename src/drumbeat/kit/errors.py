"""Every error Drumbeat raises on purpose. Interfaces translate them; nobody else formats them.

* DrumbeatError
  - NotFound          it does not exist, or not for this actor
  - NotPermitted      the actor lacks the scope
  - Conflict          it exists, but in the wrong state
    - Overtaken       somebody else changed it meanwhile; reading anew and trying again may help
    - Stale           it is not what the caller said it must be; reading anew is up to them
  - InvalidInput      the request makes no sense; `field` says where
  - ProviderFailed    somebody else's system; `permanent` says whether retrying is pointless

What must be remembered (an approval asked for) is a result (`kit/result.py`): raising rolls back.
"""


class DrumbeatError(Exception):
    """Base class: the message is written for the person who asked."""


class NotFound(DrumbeatError):
    pass


class NotPermitted(DrumbeatError):
    pass


class Conflict(DrumbeatError):
    pass


class Overtaken(Conflict):
    pass


class Stale(Conflict):
    pass


class InvalidInput(DrumbeatError):
    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def refused_cursor() -> InvalidInput:
    """For a `cursor` that no page has given out."""
    return InvalidInput("cursor: send the next_cursor of the page before.", field="cursor")


class ProviderFailed(DrumbeatError):
    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent
