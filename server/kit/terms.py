"""Enumerations whose values carry their official Chinese term."""

from enum import StrEnum


class Term(StrEnum):
    """A value of a controlled vocabulary: its code, and the Chinese term an official reads.

    Declared as ``NAME = "NAME", "中文"``; equal to and stored as its code.
    """

    label: str

    #: The code's own: looking up a value by its term costs no more than by its code.
    __hash__ = str.__hash__

    def __new__(cls, code: str, label: str = "") -> "Term":
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member
