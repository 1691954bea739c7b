// What a front end writes against the generated types; tsc --strict is the test.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";

import type { DistrictDirectoryDocument, InstitutionPageDocument } from "./generated/graphql";

type Directory = ResultOf<typeof DistrictDirectoryDocument>;
type Page = ResultOf<typeof InstitutionPageDocument>;

export function phones(directory: Directory): readonly string[] {
  return directory.districts.flatMap((district) => district.insuranceAgency?.phones ?? []);
}

export const wanted: VariablesOf<typeof InstitutionPageDocument> = {
  district: "fengtai",
  first: 50,
  filter: { status: { in: ["OPERATING"] }, name: { contains: "社区" } },
  orderBy: [{ field: "NAME", direction: "ASC" }],
};

export function latest(page: Page): readonly (string | null)[] {
  return page.institutions.edges.map(({ node }) => node.reviews.edges[0]?.node.decidedOn ?? null);
}

// @ts-expect-error a field that was not asked for is not there
export const notAsked = (page: Page): string => page.institutions.edges[0]!.node.registrationNumber;

// @ts-expect-error an enum takes its own values alone
export const notAValue: VariablesOf<typeof InstitutionPageDocument> = { filter: { status: { in: ["OPEN"] } } };
