"""The set-up stage, in a district that has it: asked for first, and what it took serves the registration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest

from server.db.roles import district_role
from server.institutions.model import InstitutionKind, OperatingNature, OperatorKind
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import NodeId
from server.licensing.actions import accepting, applying, deciding
from server.licensing.errors import SetupStage
from server.licensing.limits import Limits
from server.licensing.lists import MaterialFor, lists_of
from server.licensing.model import ApplicationKind
from server.record.acts import Act, acting
from tests.licensing.story import DISTRICT, TENANT, TODAY, Story


@asynccontextmanager
async def act_of(story: Story, who: str, role: Role) -> AsyncIterator[Act]:
    """An act of this persona in the district."""
    actor = Actor(story.server.personas[who].subject, who, (Grant(TENANT, role),))
    async with acting(story.server.app.pools, district_role(DISTRICT), TENANT, actor, "tests") as act:
        yield act


def wanted(kind: ApplicationKind, award: UUID) -> applying.Wanted:
    return applying.Wanted(
        kind=kind,
        institution_name="先行设置社区卫生服务站",
        institution_kind=InstitutionKind.COMMUNITY_HEALTH_STATION,
        address="设置路1号",
        operator_name="示例医疗管理有限公司",
        operator_kind=OperatorKind.NON_GOV_ENTERPRISE,
        operating_nature=OperatingNature.NON_PROFIT,
        subjects=["全科医疗科"],
        beds=0,
        award_id=award,
    )


async def test_where_the_stage_is_separate_registration_waits_for_the_set_up(story: Story) -> None:
    policies = story.server.app.engine.policies
    lists = lists_of(policies.library, DISTRICT)
    award, operator = NodeId.parse(story.award()).id, "mentougou-applicant"
    with story.at(TODAY):
        shipped = Limits.of(await policies.current(), TENANT, TODAY)
        assert shipped.admission is not None
        parameters = tuple(
            replace(one, value="SEPARATE") if one.key == "licence_setup_stage" else one
            for one in shipped.admission.parameters
        )
        limits = replace(shipped, admission=replace(shipped.admission, parameters=parameters))
        codes = [code for code, one in lists.checklist(MaterialFor.SETUP).items() if one.required]
        files = [(one["material"], NodeId.parse(one["document"]).id) for one in story.documents(operator, codes)]
        with pytest.raises(SetupStage, match="批准书") as early:
            async with act_of(story, operator, Role.APPLICANT) as act:
                await applying.apply(act, limits, lists, wanted(ApplicationKind.REGISTRATION, award))
        assert early.value.clause is not None
        assert early.value.clause.anchor == "第十一条"
        async with act_of(story, operator, Role.APPLICANT) as act:
            asked = replace(wanted(ApplicationKind.SETUP, award), documents=files)
            setup = await applying.apply(act, limits, lists, asked)
        async with act_of(story, "mentougou-officer", Role.DISTRICT_OFFICER) as act:
            await accepting.accept(act, limits, lists, setup, expected_version=1)
            await deciding.grant_setup(act, setup, expected_version=2, reason="符合设置规划")
        ((due, days),) = story.rows("SELECT limit_left, limit_unit FROM licence_application WHERE id = %s", setup)
        assert (due, days) == (30, "WORKING")
        async with act_of(story, operator, Role.APPLICANT) as act:
            made = await applying.apply(act, limits, lists, wanted(ApplicationKind.REGISTRATION, award))
    assert story.rows("SELECT setup_id FROM licence_application WHERE id = %s", made) == [(setup,)]
    reused = {code for (code,) in story.rows("SELECT purpose FROM document_use WHERE subject_id = %s", made)}
    assert reused == {"SITE_REPORT", "OPERATOR_CERTIFICATE"}
    assert [one["kind"] for one in await story.papers(str(NodeId(121, TENANT, setup)))] == [
        "ACCEPTANCE",
        "SETUP_APPROVAL",
    ]
