"""What can become of a proposal."""

from server.kit.terms import Term


class ProposalStatus(Term):
    """OPEN until a person decides, or its rule is no longer founded."""

    OPEN = "OPEN", "待决定"
    ACCEPTED = "ACCEPTED", "已采纳"
    DECLINED = "DECLINED", "不予采纳"
    LAPSED = "LAPSED", "已失效"


#: From where to where a proposal may go.
NEXT: dict[ProposalStatus, frozenset[ProposalStatus]] = {
    ProposalStatus.OPEN: frozenset({ProposalStatus.ACCEPTED, ProposalStatus.DECLINED, ProposalStatus.LAPSED}),
    ProposalStatus.ACCEPTED: frozenset(),
    ProposalStatus.DECLINED: frozenset(),
    ProposalStatus.LAPSED: frozenset(),
}
