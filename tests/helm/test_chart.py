"""The chart is well-formed: Helm finds nothing, Kubernetes accepts every object, and the objects fit each other."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import typer

from server.cli import app
from tests.helm.rendered import CHART, ROOT, Release, Values, environment

# The oldest that Chart.yaml admits, one between, and the newest that is known.
KUBERNETES = ("1.30.0", "1.34.0", "1.37.0")
INFO = 1


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_helm_finds_nothing_to_complain_of(values: Values, kubernetes: str) -> None:
    report = helm_python.lint(CHART, values, strict=True, kube_version=f"v{kubernetes}")
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > INFO] == []


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_kubernetes_accepts_every_object(release: Release, kubernetes: str) -> None:
    for manifest in release.manifests:
        checked_against = kubernetes_validate.validate(manifest, kubernetes, strict=True)
        assert kubernetes.startswith(checked_against)


def test_oldest_kubernetes_tested_is_the_oldest_admitted(chart: helm_python.Chart) -> None:
    assert chart.metadata["kubeVersion"] == f">={KUBERNETES[0]}-0"


def test_image_tag_defaults_to_the_version_of_the_package(chart: helm_python.Chart, minimal: Values) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert chart.metadata["appVersion"] == version
    images = {container["image"] for container in Release.of(chart, minimal).containers().values()}
    assert images == {f"example.cn/shequ:{version}"}


def test_image_digest_decides_over_the_tag(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["image"] |= {"tag": "2026.3", "digest": "sha256:" + "0" * 64}
    images = {container["image"] for container in Release.of(chart, minimal).containers().values()}
    assert images == {"example.cn/shequ@sha256:" + "0" * 64}


def test_objects_of_the_smallest_release(chart: helm_python.Chart, minimal: Values) -> None:
    release = Release.of(chart, minimal)
    assert release.kinds() == {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "CronJob", "Job", "Pod"}
    assert release.one("Deployment")["spec"]["replicas"] == 2


def test_autoscaler_alone_decides_the_number_of_replicas(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["api"] = {"replicas": 5, "autoscaling": {"enabled": True}}
    release = Release.of(chart, minimal)
    deployment, autoscaler = release.one("Deployment"), release.one("HorizontalPodAutoscaler")
    assert "replicas" not in deployment["spec"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (2, 8)


def test_only_api_pods_are_served_spread_and_budgeted(release: Release) -> None:
    api = release.pods()["api"]
    (port,) = release.one("Service")["spec"]["ports"]
    assert port["targetPort"] in {p["name"] for p in release.containers()["api"]["ports"]}
    selectors = [
        release.one("Service")["spec"]["selector"],
        release.one("Deployment")["spec"]["selector"]["matchLabels"],
        release.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        *(spread["labelSelector"]["matchLabels"] for spread in api["spec"]["topologySpreadConstraints"]),
    ]
    for selector in selectors:
        chosen = [name for name, pod in release.pods().items() if selector.items() <= pod["metadata"]["labels"].items()]
        assert chosen == ["api"]


def test_selectors_survive_an_upgrade(release: Release) -> None:
    # A Deployment's selector is immutable, so a version in it would make every upgrade fail.
    selector = release.one("Deployment")["spec"]["selector"]["matchLabels"]
    assert set(selector) == {f"app.kubernetes.io/{part}" for part in ("name", "instance", "component")}


def test_names_of_the_longest_release_name_fit(chart: helm_python.Chart, minimal: Values) -> None:
    longest = "a" * 53
    helm_python.validate_release_name(longest)
    names = [manifest["metadata"]["name"] for manifest in Release.of(chart, minimal, name=longest).manifests]
    assert max(map(len, names)) <= 63


def test_migration_runs_both_steps_in_order_before_the_release(release: Release) -> None:
    job = release.one("Job")
    assert job["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }
    pod = release.pods()["migration"]["spec"]
    assert pod["restartPolicy"] == "Never"
    # Kubernetes runs init containers to their successful end before it starts the others.
    assert [container["args"] for container in pod["initContainers"]] == [["migrate"]]
    assert [container["args"] for container in pod["containers"]] == [["provision"]]


def test_migration_needs_nothing_that_the_release_creates(release: Release) -> None:
    # It runs first, when none of the release's own objects exists yet.
    created = {m["metadata"]["name"] for m in release.manifests if m["kind"] not in {"Job", "Pod"}}
    pod = release.pods()["migration"]["spec"]
    secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    for container in pod["initContainers"] + pod["containers"]:
        secrets |= {value[0] for value in environment(container).values() if isinstance(value, tuple)}
    assert secrets
    assert created.isdisjoint(secrets | {pod.get("serviceAccountName")})


def test_the_chain_is_linked_and_the_day_is_done(chart: helm_python.Chart, values: Values) -> None:
    release, jobs = Release.of(chart, values), chart.merge_values(values)["jobs"]
    assert release.containers()["link"]["args"] == ["audit", "link", "--every", str(jobs["linkEverySeconds"])]
    assert release.containers()["daily"]["args"] == ["daily"]
    day = release.one("CronJob")["spec"]
    assert (day["schedule"], day["timeZone"]) == (jobs["dailySchedule"], "Asia/Shanghai")
    assert day["concurrencyPolicy"] == "Forbid"


def test_commands_of_the_pods_exist(release: Release) -> None:
    known = typer.main.get_command(app)
    for name in ("api", "link", "daily", "migrate", "provision"):
        words = [word for word in release.containers()[name]["args"] if not word.startswith("-")]
        assert words[0] in known.commands  # type: ignore[attr-defined]


def test_helm_test_asks_the_service_whether_it_is_ready(release: Release) -> None:
    pod, service = release.one("Pod"), release.one("Service")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    (container,) = pod["spec"]["containers"]
    assert container["args"] == [f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}/readyz"]
    compile(container["command"][-1], "helm test", "exec")


def test_notes_name_what_must_exist_beforehand(release: Release, values: Values) -> None:
    for secret in (values["secrets"]["existingSecret"], values["migration"]["existingSecret"]):
        assert secret in release.notes
    assert "helm test demo --namespace shequ" in release.notes


def test_notes_warn_of_a_missing_network_policy(chart: helm_python.Chart, minimal: Values) -> None:
    minimal["networkPolicy"] = {"enabled": False}
    release = Release.of(chart, minimal)
    assert "NetworkPolicy" not in release.kinds()
    assert "networkPolicy.enabled is false" in release.notes


def test_chart_works_under_a_parent(tmp_path: Path, minimal: Values) -> None:
    # Helm adds `global` to the values of every chart that has a parent.
    parent = tmp_path / "platform"
    shutil.copytree(CHART, parent / "charts" / "shequ")
    (parent / "Chart.yaml").write_text("apiVersion: v2\nname: platform\nversion: 1.0.0\n")
    values: dict[str, Any] = {"shequ": minimal, "global": {"region": "beijing"}}
    with helm_python.Chart.load(parent) as chart:
        assert Release.of(chart, values).one("Deployment")["metadata"]["name"] == "demo-shequ-api"
