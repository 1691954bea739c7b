"""What licensing refuses, as facts."""

from server.kit.errors import Conflict, Invalid


class NotAdmissible(Conflict):
    """The district's admission rules forbid what is applied for."""

    code = "NOT_ADMISSIBLE"


class SetupStage(Conflict):
    """The district has no separate set-up stage, or has one that was passed over."""

    code = "SETUP_STAGE"


class NoPublishedPlan(Invalid):
    """A refusal for planning reasons names no plan that was published."""

    code = "NO_PUBLISHED_PLAN"


class MaterialsAskedOnce(Conflict):
    """What is missing is asked for once, all together, and in time."""

    code = "MATERIALS_ASKED_ONCE"


class MaterialsMissing(Conflict):
    """Required materials are not there yet."""

    code = "MATERIALS_MISSING"


class WrongState(Conflict):
    """The step does not follow from the state the case is in."""

    code = "WRONG_STATE"


class NotYetDue(Conflict):
    """The day on which the step becomes possible has not come."""

    code = "NOT_YET_DUE"


class SecondPerson(Conflict):
    """The step needs somebody other than who took the one before."""

    code = "SECOND_PERSON"


class PenaltyRequired(Invalid):
    """A licence is revoked as a penalty only, and the penalty decision must be named."""

    code = "PENALTY_REQUIRED"
