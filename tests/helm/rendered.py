"""A release as a cluster would get it: rendered by Helm itself, parsed, nothing installed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import helm_python
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"

Values = dict[str, Any]
Manifest = dict[str, Any]


def load_values(name: str) -> Values:
    """``minimal``: the least a release needs.  ``full``: every value, none at its default."""
    values: Values = YAML(typ="safe", pure=True).load(CHART / "ci" / f"{name}-values.yaml")
    return values


@dataclass(frozen=True)
class Release:
    """Every object of a release named ``demo`` in the namespace ``shequ``, hooks and tests included, and the notes."""

    manifests: list[Manifest]
    notes: str

    @classmethod
    def of(cls, chart: helm_python.Chart, values: Values, *, name: str = "demo") -> "Release":
        files = chart.render(values, name=name, namespace="shequ")
        notes = [text for path, text in files.items() if path.endswith("/NOTES.txt")]
        parsed = [YAML(typ="safe", pure=True).load_all(text) for text in files.values() if text not in notes]
        return cls([manifest for documents in parsed for manifest in documents if manifest], "".join(notes))

    def kinds(self) -> set[str]:
        return {manifest["kind"] for manifest in self.manifests}

    def one(self, kind: str, component: str = "api") -> Manifest:
        """The object of this kind; of several the one of this component."""
        found = [manifest for manifest in self.manifests if manifest["kind"] == kind]
        if kind == "Deployment":
            found = [one for one in found if one["metadata"]["labels"]["app.kubernetes.io/component"] == component]
        (manifest,) = found
        return manifest

    def pods(self) -> dict[str, Manifest]:
        """Metadata and spec of every pod, by component."""
        pods = [
            self.one("Deployment")["spec"]["template"],
            self.one("Deployment", "linking")["spec"]["template"],
            self.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"],
            self.one("Job")["spec"]["template"],
            self.one("Pod"),
        ]
        return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for pod in pods}

    def containers(self) -> dict[str, Manifest]:
        """Every container of every pod, init containers included, by name."""
        specs = [pod["spec"] for pod in self.pods().values()]
        return {c["name"]: c for spec in specs for c in spec.get("initContainers", []) + spec["containers"]}


def environment(container: Manifest) -> dict[str, Any]:
    """Name to literal value, or to the (Secret, key) it is read from."""
    return {
        entry["name"]: entry["value"]
        if "value" in entry
        else (entry["valueFrom"]["secretKeyRef"]["name"], entry["valueFrom"]["secretKeyRef"]["key"])
        for entry in container.get("env", [])
    }
