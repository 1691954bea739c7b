// Prints every audit of the server at the address given as first argument: [{id, name, status, reason}].
import { serverAudits } from "graphql-http";

const audits = serverAudits({ url: process.argv[2] });
const results = await Promise.all(audits.map(({ fn }) => fn()));
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
