"""Vocabulary of people who answer for institutions."""

from server.kit.terms import Term


class Position(Term):
    """As what a person answers for an institution; one person at a time in each."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE", "法定代表人"
    PRINCIPAL = "PRINCIPAL", "主要负责人"
    CONTACT = "CONTACT", "联系人"
