"""What may be configured: a slip, a missing Secret or a wrong type is refused before anything reaches a cluster."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from tests.helm.rendered import CHART, Values, load_values

REQUIRED = (
    "image.repository",
    "database.url",
    "secrets.existingSecret",
    "files.url",
    "oidc.issuer",
    "oidc.audience",
    "migration.existingSecret",
)


SCHEMA: Values = json.loads((CHART / "values.schema.json").read_text())


def leaves_of(part: Values, path: str = "") -> Iterator[str]:
    """The dotted path of every value that can be set; `resources` and open maps count as one."""
    for name, child in part["properties"].items():
        here = f"{path}.{name}".lstrip(".")
        if "properties" in child:
            yield from leaves_of(child, here)
        elif here != "global":
            yield here


LEAVES = sorted(leaves_of(SCHEMA))


def objects_of(part: Any) -> Iterator[Values]:
    """Every part of a schema that admits an object."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for child in part.values():
            yield from objects_of(child)


def read(values: Values, path: str) -> Any:
    for name in path.split("."):
        values = values[name]
    return values


def has(values: Values, path: str) -> bool:
    try:
        read(values, path)
    except KeyError:
        return False
    return True


def changed(values: Values, path: str, value: Any) -> Values:
    """A copy with the value at the dotted path replaced, or taken out where the new value is ``...``."""
    values = copy.deepcopy(values)
    *parents, name = path.split(".")
    parent = values
    for step in parents:
        parent = parent.setdefault(step, {})
    if value is ...:
        del parent[name]
    else:
        parent[name] = value
    return values


def refusal(chart: helm_python.Chart, values: Values) -> str:
    with pytest.raises(helm_python.HelmValuesError) as refused:
        chart.render(values)
    return str(refused.value)


def test_schema_is_closed_at_every_level() -> None:
    # `global` alone is open: it is Helm's, and comes from a parent chart.
    objects = [part for part in objects_of(SCHEMA) if part is not SCHEMA["properties"]["global"]]
    assert len(objects) > 10
    for part in objects:
        assert part["additionalProperties"] in (False, {"type": "string"}, {"type": "integer"}), part


@pytest.mark.parametrize("parent", sorted({"", *(leaf.rpartition(".")[0] for leaf in LEAVES)}))
def test_unknown_key_is_refused(chart: helm_python.Chart, minimal: Values, parent: str) -> None:
    message = refusal(chart, changed(minimal, f"{parent}.replcias".lstrip("."), 3))
    assert "additional properties 'replcias' not allowed" in message
    assert f"'{'/' if parent else ''}{parent.replace('.', '/')}'" in message


@pytest.mark.parametrize("required", REQUIRED)
def test_missing_value_is_refused_by_name(chart: helm_python.Chart, minimal: Values, required: str) -> None:
    message = refusal(chart, changed(minimal, required, ...))
    parent, _, name = required.rpartition(".")
    assert re.search(rf"at '(/{parent})?': missing property '({name}|{parent})'", message)
    for empty in ("", None):
        assert f"at '/{required.replace('.', '/')}'" in refusal(chart, changed(minimal, required, empty))


def test_nothing_else_is_required(chart: helm_python.Chart, minimal: Values) -> None:
    # All other values come from the chart, and the chart gives none of the required.
    assert [path for path in LEAVES if has(minimal, path)] == sorted(REQUIRED)
    assert [path for path in LEAVES if not has(chart.values, path)] == sorted(REQUIRED)
    chart.validate_schema(minimal)


@pytest.mark.parametrize("path", LEAVES)
def test_wrong_type_is_refused(chart: helm_python.Chart, minimal: Values, path: str) -> None:
    default = read(chart.merge_values(minimal), path)
    wrongs: list[Any] = [[], {}, 7, "7 of them", True]
    for wrong in wrongs:
        # By exact type: to Python, unlike to Kubernetes, a boolean is an integer.
        if type(wrong) is not type(default):
            message = refusal(chart, changed(minimal, path, wrong))
            assert f"at '/{path.replace('.', '/')}" in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("api.replicas", 0),
        ("api.preStopSeconds", 0),
        ("api.service.port", 65536),
        ("api.service.type", "ExternalName"),
        ("api.resources", {"requests": {"cpu": "half"}}),
        ("api.resources", {"limits": {"memory": "1GB"}}),
        ("api.resources", {"limit": {"memory": "1Gi"}}),
        ("api.podAnnotations", {"revision": 3}),
        ("database.url", "mysql://db/shequ"),
        ("database.url", "postgresql://db"),
        ("image.digest", "sha256:short"),
        ("image.pullPolicy", "ifnotpresent"),
        ("logLevel", "INFO"),
        ("networkPolicy.egressPorts", [0]),
        ("networkPolicy.ingressNamespaces", ["Ingress"]),
        ("oidc.issuer", "http://sso.example.cn"),
        ("secrets.existingSecret", "not a name"),
        ("tolerations", [{"key": "dedicated", "effect": "Never"}]),
    ],
)
def test_value_outside_its_limits_is_refused(chart: helm_python.Chart, minimal: Values, path: str, value: Any) -> None:
    assert f"at '/{path.replace('.', '/')}" in refusal(chart, changed(minimal, path, value))


@pytest.mark.parametrize(
    ("api", "sentence"),
    [
        (
            {"preStopSeconds": 60},
            r"api\.terminationGracePeriodSeconds \(60\) must be longer than api\.preStopSeconds \(60\)",
        ),
        (
            {"autoscaling": {"enabled": True, "minReplicas": 9}},
            r"api\.autoscaling\.minReplicas \(9\) must not exceed api\.autoscaling\.maxReplicas \(8\)",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    chart: helm_python.Chart, minimal: Values, api: Values, sentence: str
) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=sentence):
        chart.render(minimal | {"api": api})


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("signIn.clientId", "shequ", r"signIn\.clientId needs publicUrl"),
        ("mail.host", "smtp.example.cn", r"mail\.host needs mail\.sender"),
    ],
)
def test_half_of_a_pair_is_refused(
    chart: helm_python.Chart, minimal: Values, path: str, value: str, sentence: str
) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=sentence):
        chart.render(changed(minimal, path, value))


def test_full_values_set_every_value_to_another(chart: helm_python.Chart, minimal: Values) -> None:
    full, defaults = load_values("full"), chart.merge_values(minimal)
    same = [path for path in LEAVES if read(full, path) == read(defaults, path)]
    assert same == ["networkPolicy.enabled"]


def test_readme_lists_every_value_and_no_other() -> None:
    listed = re.findall(r"^\| `([A-Za-z.]+)` \|", (CHART / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == LEAVES
