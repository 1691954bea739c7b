"""The vocabularies of exits as the API spells them; whatever names one in a type takes it from here."""

from schema.terms import term
from server.exits.model import AppealKind as AppealKind
from server.exits.model import AppealOutcome as AppealOutcome
from server.exits.model import ContinuityService as ContinuityService
from server.exits.model import ConversionDirection as ConversionDirection
from server.exits.model import ConversionStatus as ConversionStatus
from server.exits.model import ExitGround as ExitGround
from server.exits.model import ExitStatus as ExitStatus
from server.exits.model import ExitStrength as ExitStrength
from server.exits.model import PlanStatus as PlanStatus
from server.exits.model import ReferralStatus as ReferralStatus

term(ExitGround, "退出立案依据")
term(ExitStatus, "退出案件状态")
term(ExitStrength, "退出强度 hard and soft exits are never added up")
term(ReferralStatus, "移送事项状态", "ExitReferralStatus")
term(AppealKind, "救济途径", "ExitAppealKind")
term(AppealOutcome, "救济结果", "ExitAppealOutcome")
term(PlanStatus, "承接方案状态", "ContinuityPlanStatus")
term(ContinuityService, "须承接的服务")
term(ConversionDirection, "转型方向")
term(ConversionStatus, "转型状态")
