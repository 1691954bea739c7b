"""People who answer for institutions."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.acting import mutation, node_of, perform, perform_step, referring, request_of
from schema.connections import Node
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.links import TO_INSTITUTION
from schema.planned import Binds, field_of
from schema.problems import Problems
from schema.rows import OF_OWN_INSTITUTION, register
from schema.scalars import MaskedText, PersonalText
from schema.tags import INSTITUTION_TAG, PERSON_TAG
from schema.terms import term
from server.kit.ids import NodeId
from server.people import actions, tables
from server.people.model import Position
from server.planner.binding import One, Root
from server.record.acts import Act

if TYPE_CHECKING:
    from schema.institutions.register import Institution

term(Position, "任职 as what a person answers for an institution")

#: The number of this type in node ids.


@strawberry.type(description="负责人 a person who answers for an institution, past or present")
class Person(Node):
    """A person in a position."""

    name: str = field_of("姓名")
    position: Position = field_of("任职")
    identity_number: MaskedText | None = field_of("身份证件号码 masked; null where none is recorded")
    phone: MaskedText | None = field_of("联系电话 masked; null where none is recorded")
    from_on: date = field_of("任职日期")
    until: date | None = field_of(
        "终止日期 the first day somebody else, or nobody, answers; null while the person does"
    )
    version: int = field_of("版本 for `expectedVersion`")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")


@strawberry.input(description="登记负责人")
class AppointPersonInput(Keyed):
    """What appointing takes."""

    institution: strawberry.ID = field("机构")
    position: Position = field("任职")
    name: str = field("姓名 at most 50 characters")
    from_on: date = field("任职日期 not after today; whoever was in the position ends on it")
    identity_number: PersonalText | None = field("身份证件号码 kept encrypted, shown masked", default=None)
    phone: PersonalText | None = field("联系电话 kept encrypted, shown masked", default=None)


@strawberry.input(description="更正负责人信息")
class CorrectPersonInput(Versioned):
    """What correcting takes; what is not given stays as it is."""

    person: strawberry.ID = field("负责人")
    name: str | None = field("姓名", default=UNSET)
    identity_number: PersonalText | None = field("身份证件号码 null to remove it", default=UNSET)
    phone: PersonalText | None = field("联系电话 null to remove it", default=UNSET)


@strawberry.input(description="终止任职")
class DismissPersonInput(Versioned):
    """What ending takes."""

    person: strawberry.ID = field("负责人")
    until: date = field("终止日期 the first day the person no longer answers; not after today")


@strawberry.type(description="已登记负责人")
class PersonAppointed:
    """An appointment."""

    person: Person = field("负责人 as recorded")


@strawberry.type(description="已更正")
class PersonCorrected:
    """A correction."""

    person: Person = field("负责人 as recorded now")


@strawberry.type(description="已终止任职")
class PersonDismissed:
    """An end."""

    person: Person = field("负责人 as recorded now")


AppointPersonResult = Annotated[PersonAppointed | Problems, strawberry.union("AppointPersonResult")]
CorrectPersonResult = Annotated[PersonCorrected | Problems, strawberry.union("CorrectPersonResult")]
DismissPersonResult = Annotated[PersonDismissed | Problems, strawberry.union("DismissPersonResult")]


@strawberry.type
class PeopleMutations:
    """Root fields of this area."""

    @mutation("登记负责人 whoever was in the position until then ends", by=actions.KEEPERS)
    async def appoint_person(self, info: strawberry.Info, input: AppointPersonInput) -> AppointPersonResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(node)
        wanted = actions.Appointment(
            node.id, input.position, input.name, input.from_on, input.identity_number, input.phone
        )

        async def verb(act: Act) -> Mapping[str, str]:
            made = await actions.appoint_person(act, wanted)
            return {"person": str(NodeId(PERSON_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(PersonAppointed))

    @mutation("更正负责人信息 what was recorded wrongly", by=actions.KEEPERS)
    async def correct_person(self, info: strawberry.Info, input: CorrectPersonInput) -> CorrectPersonResult:
        given = {"name": input.name, "identity_number": input.identity_number, "phone": input.phone}
        changed = {name: value for name, value in given.items() if value is not UNSET}
        return await perform_step(info, PERSON_TAG, input, actions.correct_person, PersonCorrected, **changed)

    @mutation("终止任职", by=actions.KEEPERS)
    async def dismiss_person(self, info: strawberry.Info, input: DismissPersonInput) -> DismissPersonResult:
        return await perform_step(info, PERSON_TAG, input, actions.dismiss_person, PersonDismissed, until=input.until)


BINDS = (
    Binds(
        Person,
        tables.person,
        register(OF_OWN_INSTITUTION),
        tag=PERSON_TAG,
        fields={"institution": One(TO_INSTITUTION)},
    ),
)

ROOTS: dict[str, Root] = {}
