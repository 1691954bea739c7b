// Apollo Client: pages merged by relayStylePagination, automatic persisted queries by GET. Arguments: address, token.
import { createHash } from "node:crypto";

import { ApolloClient, ApolloLink, InMemoryCache, gql } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { HttpLink } from "@apollo/client/link/http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";

const [, , uri, token] = process.argv;
const requests = [];

function recorded(address, options) {
  requests.push({ method: options.method, query: /"query"|[?&]query=/.test(options.body ?? address) });
  return fetch(address, options);
}

const client = new ApolloClient({
  cache: new InMemoryCache({
    possibleTypes: {},
    typePolicies: { Query: { fields: { institutions: relayStylePagination(["district", "filter", "orderBy"]) } } },
  }),
  link: ApolloLink.from([
    new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex"), useGETForHashedQueries: true }),
    new HttpLink({ uri, fetch: recorded, headers: { authorization: `Bearer ${token}` } }),
  ]),
});

const query = gql`
  query Page($district: String, $after: String) {
    institutions(district: $district, first: 7, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { cursor node { id name } }
    }
  }
`;

const variables = { district: "fengtai" };
const watched = client.watchQuery({ query, variables });
let { data } = await new Promise((resolve) => watched.subscribe((result) => result.loading || resolve(result)));
while (data.institutions.pageInfo.hasNextPage) {
  await watched.fetchMore({ variables: { after: data.institutions.pageInfo.endCursor } });
  data = client.readQuery({ query, variables });
}
const failed = await client
  .query({ query: gql`query Nowhere { district(code: "atlantis") { id name } }` })
  .then(() => null, (error) => (CombinedGraphQLErrors.is(error) ? error.errors[0].extensions.code : String(error)));

console.log(
  JSON.stringify({
    ids: data.institutions.edges.map(({ node }) => node.id),
    total: data.institutions.totalCount,
    requests,
    failed,
  }),
);
