"""Tell what a device asks a person who logs in, so that a secret answers its own question and no other.

Pure.  A question that is not plainly the one for a password is never taken for it: a secret that
is typed where a new one is set, or where a code of a second factor is asked, is lost or changed,
and a directory may count it as wrong.

Source: CiscoDevNet/cisco-asav, cluster scripts (`enable` where none was ever set); the words of
RADIUS, TACACS+ and PAM servers for an expired password and for a second factor are unproven
(`login-question-words`), told by operators, so they are matched widely.
"""

from __future__ import annotations

import enum
import re
from typing import Final


class Question(enum.Enum):
    """What is asked."""

    PASSWORD = enum.auto()
    NEW_PASSWORD = enum.auto()
    SECOND_FACTOR = enum.auto()
    USER_NAME = enum.auto()
    OTHER = enum.auto()


_FACTOR: Final = re.compile(
    r"pass-?code|token|\botp\b|one[- ]time|verification|second(?:ary)?\b|factor|\bpin\b|challenge|response"
    r"|\bcode\b"
)
_CHANGE: Final = re.compile(
    r"\b(?:new|old|current|change|changed|expired|set|confirm|again)\b|re-?(?:enter|type|peat)\b"
)
# What stands ahead of a question that sets a password (CiscoDevNet/cisco-asav) or changes one.
_MUST_CHANGE: Final = re.compile(
    r"is not set|set it now|has expired|password expired|must (?:be )?change|change your password"
)
_USER: Final = re.compile(r"(?:user ?name|login|user)\s*:")
_PASSWORD: Final = re.compile(r"\bpassword\b")
# A line without its end, in the last characters of the stream; longer ones are no question.
_MOST: Final = 200


def question(text: str, *, before: str = "") -> Question:
    """Return what is asked.

    Args:
        text: The question itself, e.g. ``Password: ``.
        before: What was said ahead of it in the same answer.
    """
    asked = " ".join(text.lower().split())
    if _FACTOR.search(asked):
        return Question.SECOND_FACTOR
    if _PASSWORD.search(asked):
        is_change = _CHANGE.search(asked) or _MUST_CHANGE.search(" ".join(before.lower().split()))
        return Question.NEW_PASSWORD if is_change else Question.PASSWORD
    return Question.USER_NAME if _USER.match(asked) else Question.OTHER


def question_at_end(raw: str) -> tuple[Question, str] | None:
    """Return what the stream ends with a question for, and its text; `None` where it ends otherwise.

    Only the kinds that are known: a line that merely ends with a colon may be half a banner.
    """
    tail = raw[-_MOST * 4 :]
    cut = max(tail.rfind("\n"), tail.rfind("\r")) + 1
    text = tail[cut:]
    if not text.rstrip().endswith(":") or len(text) > _MOST:
        return None
    found = question(text, before=tail[:cut])
    return None if found is Question.OTHER else (found, text)


def wanted(asked: Question) -> str:
    """Return what a device asks for, in words for a person."""
    return _WANTED[asked]


_WANTED: Final = {
    Question.PASSWORD: "a password",
    Question.NEW_PASSWORD: "a new password",
    Question.SECOND_FACTOR: "the code of a second factor",
    Question.USER_NAME: "a user name",
    Question.OTHER: "something else than a password",
}
