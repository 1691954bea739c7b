"""No pod can do more than it must, and no secret is seen by a pod that does not need it."""

import json

import helm_python
import pytest

from server.http.trusted import TrustedDocuments
from server.kit.actor import Role
from server.settings import Settings
from tests.helm.rendered import Release, Values, environment, load_values

# What the application reads.  The one list of it in the tests of the chart, until the settings class stands in for it.

SETTINGS = {
    "SHEQU_ENVIRONMENT",
    "SHEQU_LOG_LEVEL",
    "SHEQU_DATABASE_URL",
    "SHEQU_MIGRATOR_URL",
    "SHEQU_ROLE_SECRET",
    "SHEQU_CURSOR_SECRET",
    "SHEQU_SEALING_SECRET",
    "SHEQU_SEALING_ALGORITHM",
    "SHEQU_OIDC_ISSUER",
    "SHEQU_OIDC_AUDIENCE",
    "SHEQU_OIDC_JWKS_URL",
    "SHEQU_OIDC_TOKEN_TYPE",
    "SHEQU_FILES_URL",
    "SHEQU_UPLOAD_MOST_MIB",
    "SHEQU_PUBLIC_URL",
    "SHEQU_OIDC_CLIENT_ID",
    "SHEQU_TRUSTED_DOCUMENTS",
}
#: What is set only where a value asks for it.
ASKED_FOR = {
    "SHEQU_OIDC_CLIENT_SECRET",
    "SHEQU_SESSION_SECRET",
    "SHEQU_RATES",
    "SHEQU_RATE_TOGETHER",
    "SHEQU_SMTP_HOST",
    "SHEQU_SMTP_PORT",
    "SHEQU_SMTP_SENDER",
    "SHEQU_SMTP_USERNAME",
    "SHEQU_SMTP_PASSWORD",
    "SHEQU_SMTP_START_TLS",
}
#: What the object store's client reads itself.
BUCKET = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"}
SECRET_SETTINGS = {
    "SHEQU_MIGRATOR_URL",
    "SHEQU_ROLE_SECRET",
    "SHEQU_CURSOR_SECRET",
    "SHEQU_SEALING_SECRET",
    "SHEQU_OIDC_CLIENT_SECRET",
    "SHEQU_SESSION_SECRET",
    "SHEQU_SMTP_PASSWORD",
    *BUCKET,
}


def test_every_pod_is_unprivileged(release: Release) -> None:
    assert set(release.pods()) == {"api", "linking", "daily", "migration", "test"}
    for pod in release.pods().values():
        spec = pod["spec"]
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert all({"emptyDir", "secret"} & set(volume) for volume in spec.get("volumes", []))


def test_every_container_is_confined_and_bounded(release: Release) -> None:
    assert set(release.containers()) == {"api", "link", "daily", "migrate", "provision", "readiness"}
    for container in release.containers().values():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]


def test_only_tmp_can_be_written_to_and_not_without_end(release: Release) -> None:
    for pod in release.pods().values():
        sizes = {v["name"]: v["emptyDir"]["sizeLimit"] for v in pod["spec"].get("volumes", []) if "emptyDir" in v}
        assert all(sizes.values())
        for container in pod["spec"]["containers"]:
            writable = [m["mountPath"] for m in container.get("volumeMounts", []) if not m.get("readOnly")]
            assert writable in ([], ["/tmp"])


def test_api_is_probed_and_drained(release: Release) -> None:
    api = release.containers()["api"]
    probes = {kind: api[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    # Liveness must not ask the database: when that is away, restarting every replica helps nobody.
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    assert {probe["port"] for probe in probes.values()} == {"http"}
    drained = release.pods()["api"]["spec"]["terminationGracePeriodSeconds"]
    assert 0 < api["lifecycle"]["preStop"]["sleep"]["seconds"] < drained


def test_api_listens_where_it_is_probed(release: Release) -> None:
    api = release.containers()["api"]
    (port,) = api["ports"]
    assert api["args"] == ["serve", "--host", "0.0.0.0", "--port", str(port["containerPort"])]


def test_settings_are_known_to_the_application(release: Release, values: Values) -> None:
    given = {name for container in release.containers().values() for name in environment(container)}
    ours = {name for name in given if name.startswith("SHEQU_")}
    assert ours == SETTINGS | (ASKED_FOR if "signIn" in values else set())
    assert ours <= {f"SHEQU_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in given if not name.startswith("SHEQU_")} <= {"PGSSLMODE", "PGSSLROOTCERT"} | BUCKET


def test_service_links_do_not_pose_as_settings(release: Release) -> None:
    # A Service named shequ would otherwise put SHEQU_PORT=tcp://… into every pod.
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in release.pods().values())


def test_migrator_url_reaches_the_migration_alone(release: Release, values: Values) -> None:
    secret = values["migration"]["existingSecret"]
    for name, container in release.containers().items():
        assert ("SHEQU_MIGRATOR_URL" in environment(container)) == (name in {"migrate", "provision"})
    for name in ("api", "test"):
        assert secret not in json.dumps(release.pods()[name])
    assert "SHEQU_MIGRATOR_URL" not in json.dumps(release.one("Deployment"))


def test_the_bucket_is_reached_by_those_that_serve_alone(release: Release) -> None:
    for name, container in release.containers().items():
        given = {"SHEQU_FILES_URL", *BUCKET} & environment(container).keys()
        assert ("SHEQU_FILES_URL" in given) == (name in {"api", "daily"})
        assert name in {"api", "daily"} or not given


def test_settings_of_the_chart_make_settings_of_the_application(chart: helm_python.Chart) -> None:
    """What the full values say is what the application reads, number by number."""
    given = environment(Release.of(chart, load_values("full")).containers()["api"])
    plain = {name.removeprefix("SHEQU_").lower(): value for name, value in given.items() if isinstance(value, str)}
    settings = Settings.model_validate(
        {name: json.loads(value) if name == "rates" else value for name, value in plain.items()}
    )
    assert settings.rates == {Role.DISTRICT_OFFICER: 2400000}
    assert (settings.rate_together, settings.smtp_port, settings.smtp_start_tls) == (4000000, 25, False)
    assert (settings.public_url, settings.oidc_client_id) == ("https://shequ.example.cn", "shequ")
    assert settings.trusted_documents is TrustedDocuments.REQUIRED


def test_secrets_come_from_secrets_and_nothing_else_does(release: Release) -> None:
    for container in release.containers().values():
        for name, value in environment(container).items():
            assert isinstance(value, tuple) == (name in SECRET_SETTINGS), name
        assert "envFrom" not in container
    assert "Secret" not in release.kinds()


def test_chart_never_deploys_development(release: Release) -> None:
    # Development has a token issuer built in, so no value may turn it on.
    for name in ("api", "link", "daily", "migrate", "provision"):
        assert environment(release.containers()[name])["SHEQU_ENVIRONMENT"] == "production"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shequ:hunter2@db:5432/shequ",
        "postgresql://shequ@db/shequ?password=hunter2",
        "postgresql://db/shequ?password=hunter2",
        "postgresql://db/shequ?sslmode=require&user=shequ&password=hunter2",
    ],
)
def test_login_in_the_database_url_is_refused_without_repeating_it(
    chart: helm_python.Chart, minimal: Values, url: str
) -> None:
    minimal["database"]["url"] = url
    with pytest.raises(helm_python.HelmError, match=r"database\.url names the host and the database only") as refusal:
        chart.render(minimal)
    assert "hunter2" not in str(refusal.value)


def test_database_is_authenticated_when_its_authority_is_given(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["database"]["tls"] = {"existingSecret": "shequ-ca"}
    release = Release.of(chart, minimal)
    for name in ("api", "link", "daily", "migrate", "provision"):
        container = release.containers()[name]
        settings = environment(container)
        assert settings["PGSSLMODE"] == "verify-full"
        read_only = [mount["mountPath"] for mount in container["volumeMounts"] if mount.get("readOnly")]
        assert settings["PGSSLROOTCERT"] in [f"{path}/ca.crt" for path in read_only]


def test_network_is_closed_but_for_the_named_openings(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["networkPolicy"] = {"ingressNamespaces": ["ingress-nginx"], "egressPorts": [6432]}
    release = Release.of(chart, minimal)
    policy = release.one("NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    for pod in release.pods().values():
        assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()

    (ingress,) = policy["ingress"]
    own, others = ingress["from"]
    assert own == {"podSelector": {}}
    assert others["namespaceSelector"]["matchExpressions"][0]["values"] == ["ingress-nginx"]
    anywhere, own_pods = policy["egress"]
    assert {(p["port"], p["protocol"]) for p in anywhere["ports"]} == {(53, "UDP"), (53, "TCP"), (6432, "TCP")}
    assert own_pods["to"] == [{"podSelector": policy["podSelector"]}]


def test_network_opens_to_no_namespace_unless_one_is_named(chart: helm_python.Chart, minimal: Values) -> None:
    # An empty list of namespaces left in the policy would mean every namespace.
    (ingress,) = Release.of(chart, minimal).one("NetworkPolicy")["spec"]["ingress"]
    assert ingress["from"] == [{"podSelector": {}}]


def test_egress_without_ports_is_dns_alone(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["networkPolicy"] = {"egressPorts": []}
    anywhere, _ = Release.of(chart, minimal).one("NetworkPolicy")["spec"]["egress"]
    assert {p["port"] for p in anywhere["ports"]} == {53}
