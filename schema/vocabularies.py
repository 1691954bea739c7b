"""Vocabularies that several areas speak: said here once, before any type that uses them."""

from schema.terms import term
from server.kit.actor import Role as Role
from server.workdays.model import DayUnit as DayUnit

term(Role, "角色 what a person is within one jurisdiction")
term(DayUnit, "期限单位 what a period is counted in")
