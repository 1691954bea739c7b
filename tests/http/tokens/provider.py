"""Runs ``oidc-provider-mock``, in a process of its own, and says on the first line where and with which key it signs.

Its access tokens are opaque, so tests sign those that an API accepts with its key.  It ends when its standard input does.
"""

import json
import sys

import flask
import oidc_provider_mock

if __name__ == "__main__":
    with oidc_provider_mock.run_server_in_thread() as server:
        with server.app.test_request_context():
            server.app.preprocess_request()
            key = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
        print(json.dumps({"url": f"http://localhost:{server.server_port}", "key": key}), flush=True)
        sys.stdin.read()
