// PostGraphile 5 over the same tables, on one login role.  Arguments: port, connection string.
//
// As its documentation sets it up for production: one pool, the Amber preset, filters by the usual plugin; no GraphiQL, no
// explaining.  The one relation that the tables do not declare (institution → district) is declared by a smart tag.
import { createServer } from "node:http";

import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const [, , port, connectionString] = process.argv;

const toDistrict = { class: { institution: { tags: { foreignKey: "(tenant_id) references district (tenant_id)|@fieldName district" } } } };

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  // Filters and orders on columns without an index of their own too, as the page needs.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  plugins: [jsonPgSmartTags({ version: 1, config: toDistrict })],
  pgServices: [makePgService({ connectionString, schemas: ["public"], poolConfig: { max: 4 } })],
  grafast: { explain: false },
  grafserv: { graphiql: false, websockets: false },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
