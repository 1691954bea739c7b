"""What a period is counted in: said here, for papers and tasks both speak of it."""

from schema.terms import term
from server.workdays.model import DayUnit as DayUnit

term(DayUnit, "期限单位 what a period is counted in")
