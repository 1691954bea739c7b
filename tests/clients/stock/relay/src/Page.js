// What a Relay front end holds: a query, a refetchable fragment that pages, a node that is read again by its id.
import { graphql } from "relay-runtime";

export const page = graphql`
  query PageQuery($district: String!) {
    districts { id code name }
    ...Page_list @arguments(district: $district)
  }
`;

export const list = graphql`
  fragment Page_list on Query
  @argumentDefinitions(district: { type: "String!" }, count: { type: "Int", defaultValue: 7 }, cursor: { type: "String" })
  @refetchable(queryName: "PageListQuery") {
    institutions(district: $district, first: $count, after: $cursor) @connection(key: "Page_institutions") {
      edges { node { id name ...Page_row } }
    }
  }
`;

export const row = graphql`
  fragment Page_row on Institution @refetchable(queryName: "PageRowQuery") {
    kind
    district { name }
  }
`;

export const rename = graphql`
  mutation PageRenameMutation($input: RenameInstitutionInput!) {
    renameInstitution(input: $input) {
      __typename
      ... on InstitutionRenamed { institution { id name version } }
      ... on Problem { code message path }
    }
  }
`;
