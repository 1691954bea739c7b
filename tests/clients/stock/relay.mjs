// Relay: reads compiled queries by the ids that relay-compiler gave them. Arguments: address, token.
import { readFileSync, readdirSync } from "node:fs";

import runtime from "relay-runtime";

const [, , url, token] = process.argv;
const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery } = runtime;

const sent = [];
const environment = new Environment({
  network: Network.create(async (request, variables) => {
    const body = { doc_id: request.id, variables };
    sent.push(Object.keys(body));
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return response.json();
  }),
  store: new Store(new RecordSource()),
});

async function artifact(name) {
  return (await import(`./relay/src/__generated__/${name}.graphql.js`)).default;
}

const query = await artifact("PageQuery");
await fetchQuery(environment, query, { district: "fengtai" }).toPromise();
const { data } = environment.lookup(createOperationDescriptor(query, { district: "fengtai" }).fragment);
const records = environment.getStore().getSource().toJSON();
const rows = Object.values(records).filter((record) => record.__typename === "Institution");

const again = await artifact("PageRowQuery");
const node = await fetchQuery(environment, again, { id: rows[0].id }).toPromise();

console.log(
  JSON.stringify({
    artifacts: readdirSync("relay/src/__generated__").length,
    ids: Object.keys(JSON.parse(readFileSync("relay/persisted.json", "utf8"))).map((id) => id.length),
    districts: data.districts.length,
    institutions: rows.length,
    again: node.node !== null,
    sent,
  }),
);
