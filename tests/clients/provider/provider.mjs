// oidc-provider (OpenID certified) on a port of its own, with its development interactions; ends when its input does.
import {createServer} from "node:http";
import Provider from "oidc-provider";

const [redirect] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const client = (id, method, secret) => ({
    client_id: id, client_secret: secret, token_endpoint_auth_method: method,
    redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"],
  });
  const provider = new Provider(url, {
    clients: [client("confidential", "client_secret_basic", "s3cret-of-the-client"), client("open", "none")],
    pkce: {required: () => true},
    cookies: {keys: ["of the tests"]},
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({url}));
});
process.stdin.resume().on("end", () => process.exit(0));
