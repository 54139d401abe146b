"""Who looks at the page, and proof that a form was sent from it.

Nothing here knows Airflow: whoever mounts the page gives a dependency that knows who is signed in, or refuses. Without
one every route refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import HTTPException
from itsdangerous import BadData, URLSafeTimedSerializer

_FORM_SECONDS = 8 * 3600


@dataclass(frozen=True)
class PageUser:
    """A person who is signed in. `may_decide`: whether documents of a cadence (``quarter``, …) are theirs to decide."""

    name: str
    may_decide: Callable[[str], bool]


def get_page_user() -> PageUser:
    """Who is signed in: replaced by whoever mounts the page.

    Raises:
        HTTPException: always, until it is replaced.
    """
    raise HTTPException(401)


class FormGuard:
    """Makes and checks the token that every form carries: for one person, one purpose, eight hours."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="tongket page form")

    def build_token(self, user: PageUser, purpose: str) -> str:
        """The token of a form that this person is shown."""
        return str(self._serializer.dumps([user.name, purpose]))

    def is_valid_token(self, token: str, user: PageUser, purpose: str) -> bool:
        """Whether this person was shown this form within eight hours."""
        try:
            return bool(self._serializer.loads(token, max_age=_FORM_SECONDS) == [user.name, purpose])
        except BadData:
            return False
