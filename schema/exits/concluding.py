"""An exit case after its decision: execution, hand-over, closure, withdrawal, appeal; mutations."""

from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform_on, perform_step, request_of
from schema.exits.cases import ExitCase, ExitReferral
from schema.exits.delivering import delivered
from schema.exits.terms import AppealKind, AppealOutcome
from schema.filters import UNSET
from schema.inputs import Versioned, field
from schema.problems import PolicyProblems, Problems
from schema.tags import EXIT_TAG, REFERRAL_TAG
from server.districts.model import AuthorityKind
from server.exits.actions import appealing, cases, executing, following
from server.exits.actions.referring import Handing
from server.kit import clock
from server.kit.ids import NodeId
from server.policy.procedures import procedure_of
from server.policy.terms import Kind
from server.record.acts import Act


@strawberry.input(description="执行退出决定")
class ExecuteExitInput(Versioned):
    """What executing takes."""

    case: strawberry.ID = field("退出案件")
    without_plan_because: str | None = field("紧急理由 why it does not wait for a continuity plan", default=UNSET)
    handed_over_to: str | None = field(
        "移送机关 needed for REVOKE_LICENCE; for the rest the district's health commission where none is given",
        default=UNSET,
    )
    handed_over_department: AuthorityKind | None = field(
        "承办部门 of a revocation: an authority of the district whose officers get the task; where none is given, its"
        " health supervision body, else the health commission",
        default=UNSET,
    )
    suspension_months: int | None = field(
        "暂缓校验期（月） the suspension is ordered at once; where none is given, licensing gets the task",
        default=UNSET,
    )


@strawberry.input(description="结案")
class CloseExitCaseInput(Versioned):
    """What closing takes."""

    case: strawberry.ID = field("退出案件")


@strawberry.input(description="撤销退出案件 before its decision")
class WithdrawExitCaseInput(Versioned):
    """What withdrawing takes."""

    case: strawberry.ID = field("退出案件")
    because: str = field("理由 1 to 4000 characters")


@strawberry.input(description="对退出决定申请复议或起诉")
class AppealExitInput(Versioned):
    """What an appeal takes."""

    case: strawberry.ID = field("退出案件")
    kind: AppealKind = field("途径")
    on: date = field("提出日期")
    because: str = field("理由 1 to 4000 characters")


@strawberry.input(description="记录复议或诉讼结果")
class ConcludeExitAppealInput(Versioned):
    """What concluding an appeal takes."""

    case: strawberry.ID = field("退出案件")
    outcome: AppealOutcome = field("结果 REVOKED: the decision never held")
    on: date = field("结果日期")
    reason: str = field("理由 1 to 4000 characters")


@strawberry.input(description="移送事项不予采取措施 by whoever it was handed over to")
class DeclineExitReferralInput(Versioned):
    """What declining takes."""

    referral: strawberry.ID = field("移送事项")
    reason: str = field("理由 1 to 4000 characters")
    reference: str | None = field("文号 of the document that says so", default=UNSET)


@strawberry.type(description="已执行")
class ExitExecuted:
    """An execution."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已结案")
class ExitCaseClosed:
    """A closure."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已撤销案件")
class ExitCaseWithdrawn:
    """A withdrawal."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已提出救济")
class ExitAppealed:
    """An appeal."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="救济已终结")
class ExitAppealConcluded:
    """The end of an appeal."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="不予采取措施")
class ExitReferralDeclined:
    """The end of a hand-over that came to nothing."""

    referral: ExitReferral = field("移送事项 as it is now")


ExecuteExitResult = Annotated[ExitExecuted | PolicyProblems, strawberry.union("ExecuteExitResult")]
CloseExitCaseResult = Annotated[ExitCaseClosed | Problems, strawberry.union("CloseExitCaseResult")]
WithdrawExitCaseResult = Annotated[ExitCaseWithdrawn | Problems, strawberry.union("WithdrawExitCaseResult")]
AppealExitResult = Annotated[ExitAppealed | Problems, strawberry.union("AppealExitResult")]
ConcludeExitAppealResult = Annotated[ExitAppealConcluded | PolicyProblems, strawberry.union("ConcludeExitAppealResult")]
DeclineExitReferralResult = Annotated[ExitReferralDeclined | Problems, strawberry.union("DeclineExitReferralResult")]


@strawberry.type
class ExitConcludingMutations:
    """Root fields of this area."""

    @mutation(
        "执行退出决定 a planned exit once its continuity plan is approved; what statute alone can do is handed over, and the"
        " case is executed when that is done",
        by=cases.OFFICERS,
    )
    async def execute_exit(self, info: strawberry.Info, input: ExecuteExitInput) -> ExecuteExitResult:
        shelf = request_of(info).engine.policies

        async def verb(act: Act, node: NodeId) -> None:
            await executing.execute(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                without_plan_because=given(input.without_plan_because),
                handing=Handing(
                    given(input.handed_over_to), given(input.handed_over_department), given(input.suspension_months)
                ),
            )

        return await perform_on(info, node_of(input.case, EXIT_TAG, "case"), input, verb, ExitExecuted)

    @mutation(
        "移送事项不予采取措施 the penalty procedure came to nothing, or there is no ground", by=following.CONCLUDING
    )
    async def decline_exit_referral(
        self, info: strawberry.Info, input: DeclineExitReferralInput
    ) -> DeclineExitReferralResult:
        reference = given(input.reference)
        return await perform_step(
            info,
            REFERRAL_TAG,
            input,
            following.decline,
            ExitReferralDeclined,
            reason=input.reason,
            reference=reference,
        )

    @mutation("结案", by=cases.OFFICERS)
    async def close_exit_case(self, info: strawberry.Info, input: CloseExitCaseInput) -> CloseExitCaseResult:
        return await perform_step(info, EXIT_TAG, input, executing.close, ExitCaseClosed)

    @mutation("撤销退出案件", by=cases.OFFICERS)
    async def withdraw_exit_case(self, info: strawberry.Info, input: WithdrawExitCaseInput) -> WithdrawExitCaseResult:
        asked: list[int] = []

        async def verb(act: Act, node: NodeId) -> None:
            asked.extend(
                await executing.withdraw(act, node.id, expected_version=input.expected_version, because=input.because)
            )

        answer = await perform_on(info, node_of(input.case, EXIT_TAG, "case"), input, verb, ExitCaseWithdrawn)
        await delivered(request_of(info), asked)
        return answer

    @mutation("对退出决定申请复议或起诉 while the remedy is open", by=cases.STATING)
    async def appeal_exit(self, info: strawberry.Info, input: AppealExitInput) -> AppealExitResult:
        return await perform_step(
            info,
            EXIT_TAG,
            input,
            appealing.appeal,
            ExitAppealed,
            kind=input.kind,
            on=input.on,
            because=input.because,
        )

    @mutation("记录复议或诉讼结果", by=cases.OFFICERS)
    async def conclude_exit_appeal(
        self, info: strawberry.Info, input: ConcludeExitAppealInput
    ) -> ConcludeExitAppealResult:
        shelf = request_of(info).engine.policies
        asked: list[int] = []

        async def verb(act: Act, node: NodeId) -> None:
            # Measures that hold no more carry what began under them to its end.
            procedure = await procedure_of(shelf, node.tenant_id, Kind.EXIT, clock.today(), begun=True)
            asked.extend(
                await appealing.conclude_appeal(
                    act,
                    procedure,
                    node.id,
                    expected_version=input.expected_version,
                    outcome=input.outcome,
                    on=input.on,
                    reason=input.reason,
                )
            )

        answer = await perform_on(info, node_of(input.case, EXIT_TAG, "case"), input, verb, ExitAppealConcluded)
        await delivered(request_of(info), asked)
        return answer
