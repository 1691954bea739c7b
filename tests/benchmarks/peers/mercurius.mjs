// Mercurius with graphql-jit over the same tables, on one login role.  Arguments: port, connection string, tenant number,
// seal of the cursors (hexadecimal).
//
// Hand-written resolvers: prepared statements through a pool, batched loaders against N+1, the answers of the others.
import { createHash } from "node:crypto";

import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const [, , port, connectionString, tenant, seal] = process.argv;

pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, String);
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const pool = new pg.Pool({ connectionString, max: 4 });
const sealed = Buffer.from(seal, "hex");

async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

const schema = `
  type Query {
    district(code: String!): District
    institution(id: ID!): Institution
    institutions(
      district: String, filter: InstitutionFilter, orderBy: [InstitutionOrder!], first: Int, after: String
    ): Institutions!
  }
  enum InstitutionStatus { OPERATING SUSPENDED }
  enum InstitutionOrderField { NAME }
  enum OrderDirection { ASC }
  input StatusFilter { in: [InstitutionStatus!] }
  input TextFilter { contains: String }
  input InstitutionFilter { status: StatusFilter, name: TextFilter }
  input InstitutionOrder { field: InstitutionOrderField!, direction: OrderDirection }
  type District { code: String! name: String! }
  type Location { longitude: Float! latitude: Float! }
  type Site { kind: String! address: String! location: Location }
  type Review { kind: String! outcome: String! score: Float decidedOn: String! }
  type ReviewEdge { node: Review! }
  type Reviews { edges: [ReviewEdge!]! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type InstitutionEdge { cursor: String! node: Institution! }
  type Institutions { totalCount: Int! pageInfo: PageInfo! edges: [InstitutionEdge!]! }
  type Institution {
    id: ID! name: String! kind: String! status: String! operatingNature: String openedOn: String
    district: District! parent: Institution sites: [Site!]! reviews(first: Int!): Reviews!
  }
`;

const INSTITUTION = `tenant_id, id AS "rowId", name, sort_key, kind, status, operating_nature AS "operatingNature",
  opened_on AS "openedOn", parent_id`;
const WANTED = "tenant_id = $1 AND name LIKE $2 AND status = ANY($3::text[])";

function bytes(uuid) {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

function nodeId({ tenant_id, rowId }) {
  const head = Buffer.alloc(5);
  head[0] = 3;
  head.writeInt32BE(tenant_id, 1);
  return Buffer.concat([head, bytes(rowId)]).toString("base64url");
}

function parsed(id) {
  const raw = Buffer.from(id, "base64url");
  const hex = raw.subarray(5).toString("hex");
  return [raw.readInt32BE(1), hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")];
}

function cursor(row) {
  const place = Buffer.concat([bytes(row.rowId), Buffer.from(`[${JSON.stringify(row.sort_key)}]`)]);
  const mark = createHash("sha256").update(sealed).update(place).digest().subarray(0, 12);
  const text = Buffer.concat([mark, place]).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

const resolvers = {
  Query: {
    district: async (_, { code }) => (await rows("district", "SELECT code, name FROM district WHERE code = $1", [code]))[0],
    institution: async (_, { id }) =>
      (await rows("institution", `SELECT ${INSTITUTION} FROM institution WHERE tenant_id = $1 AND id = $2`, parsed(id)))[0],
    institutions: async (_, { filter, first }) => {
      const values = [tenant, `%${filter.name.contains}%`, filter.status.in];
      const listed = `SELECT ${INSTITUTION} FROM institution WHERE ${WANTED} ORDER BY sort_key, id LIMIT $4`;
      const [found, counted] = await Promise.all([
        rows("page", listed, [...values, first + 1]),
        rows("count", `SELECT count(*) AS n FROM institution WHERE ${WANTED}`, values),
      ]);
      const edges = found.slice(0, first).map((node) => ({ cursor: cursor(node), node }));
      const pageInfo = { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null };
      return { totalCount: counted[0].n, pageInfo, edges };
    },
  },
  Institution: { id: nodeId },
  Site: {
    location: ({ longitude, latitude }) => (longitude === null ? null : { longitude, latitude }),
  },
};

// One statement for all that a level of the answer asks for, one row a child, dealt out by its parent's place.
async function children(name, text, queries) {
  const keys = [queries.map(({ obj }) => obj.tenant_id), queries.map(({ obj }) => obj.rowId)];
  const found = queries.map(() => []);
  for (const row of await rows(name, text, keys)) found[row.n - 1].push(row);
  return found;
}

const KEYS = "unnest($1::int[], $2::uuid[]) WITH ORDINALITY AS k(tenant_id, id, n)";

const batched = { opts: { cache: false } };
const loaders = {
  Institution: {
    district: {
      ...batched,
      loader: async (queries) => {
        const tenants = [...new Set(queries.map(({ obj }) => obj.tenant_id))];
        const found = await rows("districts", "SELECT tenant_id, code, name FROM district WHERE tenant_id = ANY($1::int[])", [tenants]);
        const known = new Map(found.map((row) => [row.tenant_id, row]));
        return queries.map(({ obj }) => known.get(obj.tenant_id));
      },
    },
    parent: {
      ...batched,
      loader: async (queries) => {
        const keys = [queries.map(({ obj }) => obj.tenant_id), queries.map(({ obj }) => obj.parent_id)];
        const found = queries.map(() => null);
        const text = `SELECT k.n, i.* FROM ${KEYS} JOIN LATERAL (SELECT ${INSTITUTION} FROM institution i
          WHERE i.tenant_id = k.tenant_id AND i.id = k.id) i ON true`;
        for (const row of await rows("parents", text, keys)) found[row.n - 1] = row;
        return found;
      },
    },
    sites: {
      ...batched,
      loader: (queries) =>
        children(
          "sites",
          `SELECT k.n, s.kind, s.address, s.longitude, s.latitude FROM ${KEYS} JOIN site s ON s.tenant_id = k.tenant_id
            AND s.institution_id = k.id AND s.until IS NULL ORDER BY k.n, s.kind, s.id`,
          queries,
        ),
    },
    reviews: {
      ...batched,
      loader: async (queries) => {
        const first = queries[0].params.first;
        const found = await children(
          "reviews",
          `SELECT k.n, r.* FROM ${KEYS} JOIN LATERAL (SELECT kind, outcome, score, decided_on AS "decidedOn" FROM review r
            WHERE r.tenant_id = k.tenant_id AND r.institution_id = k.id
            ORDER BY r.decided_on DESC, r.id DESC LIMIT ${Number(first)}) r ON true ORDER BY k.n, r."decidedOn" DESC`,
          queries,
        );
        return found.map((nodes) => ({ edges: nodes.map((node) => ({ node })) }));
      },
    },
  },
};

const app = Fastify({ logger: false });
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false });
await app.listen({ port: Number(port), host: "127.0.0.1" });
