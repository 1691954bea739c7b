"""What every mutation takes: an idempotency key always, and where it changes something, what the caller saw of it."""

from collections.abc import Iterator

from graphql import (
    GraphQLInputObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
    is_required_argument,
)

from schema.contract import graphql_schema

SCHEMA = graphql_schema()
assert SCHEMA.mutation_type is not None
MUTATIONS = SCHEMA.mutation_type.fields

#: Mutations that take no key: each unmasking is an act of its own, recorded anew however often it is asked for.
KEYLESS = {"unmask"}
#: Mutations that make something new, where there is nothing yet that somebody else could have changed.
MAKING = {
    "adoptPolicyTemplate",
    "applyForLicence",
    "defineAssessmentScheme",
    "draftPolicy",
    "enrolAsApplicant",
    "exportList",
    "grantMembership",
    "identifyGaps",
    "loadWorkYear",
    "openExitCase",
    "registerInstitution",
    "registerPremises",
    "requestUpload",
    "reviewMissedDays",
}
#: Mutations that make something new under the objects they name, which themselves stay as they are; or, of several objects,
#: go by the state they are in.
MAKING_UNDER = {
    "allegeNegativeFinding",
    "appointPerson",
    "bindObligations",
    "confirmNegativeFinding",
    "draftAgreement",
    "draftCall",
    "draftContinuityPlan",
    "enrolInMonitoring",
    "enterAssessmentScoresFromSpreadsheet",
    "exportAssessmentScoreSheet",
    "mailDesignation",
    "openConversion",
    "planAssessmentCycle",
    "planJointVisit",
    "publishCall",
    "raiseObjection",
    "raiseRiskSignal",
    "recordInsuranceMeasure",
    "recordProblem",
    "recordSupervisionFact",
    "recuseExpert",
    "selectGaps",
    "submitApplication",
    "submitDesignation",
    "submitScores",
    "unmask",
}
#: Mutations whose object is known by the digest of its content instead: whoever decides on a policy decides on these words.
BY_DIGEST = {"editPolicyRules", "publishPolicy", "requestPolicyReview", "withdrawPolicy"}


def input_of(name: str) -> GraphQLInputObjectType:
    type_ = get_nullable_type(MUTATIONS[name].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


def required(name: str) -> Iterator[str]:
    """The fields that must be given."""
    return (field for field, one in input_of(name).fields.items() if is_non_null_type(one.type))


def test_a_mutation_takes_one_input_with_a_key() -> None:
    assert [name for name, one in MUTATIONS.items() if list(one.args) != ["input"]] == []
    assert [name for name, one in MUTATIONS.items() if not is_required_argument(one.args["input"])] == []
    assert {name for name in MUTATIONS if "idempotencyKey" not in required(name)} == KEYLESS & MUTATIONS.keys()


def test_what_changes_something_takes_what_the_caller_saw_of_it() -> None:
    versioned = {name for name in MUTATIONS if "expectedVersion" in required(name)}
    digested = {name for name in MUTATIONS if "expectedDigest" in required(name)}
    assert MUTATIONS.keys() - versioned - digested == (MAKING | MAKING_UNDER) & MUTATIONS.keys()
    assert digested == BY_DIGEST
    assert not versioned & digested


def test_what_makes_something_new_names_nothing_that_could_be_out_of_date() -> None:
    ids = {
        name: found
        for name in MAKING & MUTATIONS.keys()
        if (
            found := [
                field for field in required(name) if get_named_type(input_of(name).fields[field].type).name == "ID"
            ]
        )
    }
    assert ids == {}


def test_a_lost_update_is_one_of_the_answers() -> None:
    silent = []
    for name in MUTATIONS.keys() - MAKING - MAKING_UNDER:
        result = get_named_type(MUTATIONS[name].type)
        if not isinstance(result, GraphQLUnionType) or "OutOfDate" not in {one.name for one in result.types}:
            silent.append(name)
    assert silent == []
