"""What can be refused, as facts; each names the rule and its clause."""

from server.kit.errors import Conflict


class WindowClosed(Conflict):
    """Material came outside the first working days of the quarter (MIC-3-1a)."""

    code = "WINDOW_CLOSED"


class NotEligible(Conflict):
    """The institution is of a kind that cannot apply in this way (MIC-1-1)."""

    code = "NOT_ELIGIBLE"


class Barred(Conflict):
    """A bar still runs against the institution or somebody who stands for it (MIC-A21-1)."""

    code = "BARRED"


class AlreadyApplied(Conflict):
    """Another application of the institution is under way, or it is designated already."""

    code = "DUPLICATE_APPLICATION"


class AlreadySupplemented(Conflict):
    """What is missing is told once and for all (MIC-3-1d)."""

    code = "SUPPLEMENT_ALREADY_REQUESTED"


class WrongStep(Conflict):
    """The application does not stand where this step begins (state machine 13)."""

    code = "WRONG_STEP"


class PublicityRunning(Conflict):
    """The days of publicity have not passed, or an objection is still open (MIC-3-3)."""

    code = "PUBLICITY_RUNNING"


class CommitmentContradicted(Conflict):
    """The records contradict a commitment, and nobody has said why the agreement is signed all the same (MIC-A21-2)."""

    code = "COMMITMENT_CONTRADICTED"


class DesignationLocked(Conflict):
    """Within a year of signing neither an address is added nor the category changed without a special reason (MIC-A21-9)."""

    code = "DESIGNATION_LOCKED"
