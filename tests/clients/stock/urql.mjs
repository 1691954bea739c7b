// urql: a query, a mutation that is refused, an error. Arguments: address, token.
import { createClient, fetchExchange, gql } from "@urql/core";

const [, , url, token] = process.argv;
const client = createClient({
  url,
  exchanges: [fetchExchange],
  preferGetMethod: false,
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
});

const districts = await client.query(gql`{ districts { code } }`, {}).toPromise();
const missing = await client.query(gql`{ district(code: "atlantis") { name } }`, {}).toPromise();
const refused = await client
  .mutation(
    gql`
      mutation ($input: RenameInstitutionInput!) {
        renameInstitution(input: $input) { __typename ... on Problem { code path } }
      }
    `,
    { input: { institution: process.argv[4], expectedVersion: 999, name: "甲", on: "2026-11-01", idempotencyKey: "urql" } },
  )
  .toPromise();

console.log(
  JSON.stringify({
    districts: districts.data.districts.length,
    cost: districts.extensions.cost.requested,
    missing: missing.error.graphQLErrors.map((error) => error.extensions.code),
    refused: refused.data.renameInstitution,
  }),
);
