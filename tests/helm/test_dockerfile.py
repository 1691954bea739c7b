"""The image holds the application and what it runs on: no tool to install with, nothing it can change, no root."""

import json
import re
import tomllib
from dataclasses import dataclass

import helm_python

from tests.helm.rendered import CHART, ROOT, Release, load_values

# What the repository holds at its top and the image may be made of (docs/architecture.md, "Top level").
SHIPPED = {"pyproject.toml", "README.md", "requirements.lock", "server", "schema", "tenants", "migrations"}


@dataclass(frozen=True)
class Instruction:
    name: str
    flags: dict[str, str]
    words: list[str]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def parsed(dockerfile: str) -> list[Instruction]:
    """The instructions in order, continued lines joined, comments dropped.  Knows no heredocs."""
    lines = [line for line in dockerfile.splitlines() if not re.match(r"\s*#", line)]
    instructions = []
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, *words = line.split()
        flags = {}
        while words and (flag := re.fullmatch(r"--([a-z-]+)=(\S+)", words[0])):
            flags[flag[1]] = flag[2]
            words = words[1:]
        instructions.append(Instruction(name, flags, words))
    return instructions


def staged(instructions: list[Instruction]) -> tuple[list[Instruction], list[list[Instruction]]]:
    """What stands before the first FROM, and every stage with its FROM first."""
    starts = [i for i, instruction in enumerate(instructions) if instruction.name == "FROM"]
    ends = [*starts[1:], len(instructions)]
    return instructions[: starts[0]], [instructions[a:b] for a, b in zip(starts, ends, strict=True)]


INSTRUCTIONS = parsed((ROOT / "Dockerfile").read_text())
GLOBAL, (BUILD, FINAL) = staged(INSTRUCTIONS)


def named(name: str, stage: list[Instruction]) -> list[Instruction]:
    return [instruction for instruction in stage if instruction.name == name]


def commands(stage: list[Instruction]) -> list[str]:
    return [command.strip() for run in named("RUN", stage) for command in run.text.split("&&")]


def test_parser_reads_what_docker_reads() -> None:
    text = "# c\nFROM --platform=linux/amd64 a AS b\nRUN x \\\n # c\n && y --flag=1\n\nCOPY --from=b /p ./\n"
    assert parsed(text) == [
        Instruction("FROM", {"platform": "linux/amd64"}, ["a", "AS", "b"]),
        Instruction("RUN", {}, ["x", "&&", "y", "--flag=1"]),
        Instruction("COPY", {"from": "b"}, ["/p", "./"]),
    ]


def test_both_stages_stand_on_one_replaceable_base() -> None:
    (base,) = named("ARG", GLOBAL)
    name, _, default = base.text.partition("=")
    assert [stage[0].words[0] for stage in (BUILD, FINAL)] == [f"${{{name}}}"] * 2
    # A mirror or a digest can be given; what stands here names a version of Python that the package admits.
    image, _, tag = default.partition(":")
    assert image == "python"
    assert tag.endswith("-slim")
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert requires == f">={tag.removesuffix('-slim')}"


def test_packages_are_the_locked_ones_by_hash() -> None:
    installs = [command for command in commands(BUILD) if "install" in command.split() and "uninstall" not in command]
    from_lock, own = installs
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(from_lock.split())
    assert from_lock.endswith("-r requirements.lock")
    # The application itself is built from what the lock installed, so nothing comes in beside it.
    assert {"--no-deps", "--no-index", "--no-build-isolation"} <= set(own.split())


def test_final_stage_has_nothing_to_build_or_install_with() -> None:
    assert "python -m venv --without-pip /opt/shequ" in commands(BUILD)
    assert "pip --python /opt/shequ uninstall --yes setuptools" in commands(BUILD)
    removal, *others = commands(FINAL)
    assert re.match(r"pip uninstall --yes .*\bsetuptools wheel pip$", removal)
    assert {command.split()[0] for command in others} == {"groupadd", "useradd"}
    for command in commands(BUILD) + commands(FINAL):
        assert command.split()[0] in {"python", "pip", "groupadd", "useradd"}


def test_only_the_application_is_copied_in() -> None:
    copies = named("COPY", BUILD)
    sources = [source.removeprefix("./") for copy in copies for source in copy.words[:-1]]
    assert set(sources) == SHIPPED
    assert len(sources) == len(SHIPPED)
    assert not any(copy.flags for copy in copies)
    assert named("ADD", INSTRUCTIONS) == []
    # A folder's contents would land in the target itself if it were not named again.
    for copy in copies:
        if "." not in copy.words[0]:
            assert copy.words == [copy.words[0], f"./{copy.words[0]}"]


def test_final_stage_takes_only_what_the_first_made() -> None:
    assert BUILD[0].words[1:] == ["AS", "build"]
    assert [(copy.flags, *copy.words) for copy in named("COPY", FINAL)] == [
        ({"from": "build"}, "/opt/shequ", "/opt/shequ"),
        ({"from": "build"}, "/app", "/app"),
    ]


def test_lock_is_installed_before_the_sources_are_copied() -> None:
    # Otherwise every change of a source line would install every package again.
    order = [i for i, step in enumerate(BUILD) if step.name == "RUN" or step.words[0] == "server"]
    assert [BUILD[i].name for i in order] == ["RUN", "COPY", "RUN"]


def test_process_is_the_unprivileged_user_of_the_chart() -> None:
    (user,) = named("USER", INSTRUCTIONS)
    assert re.fullmatch(r"\d+:\d+", user.text)
    assert user in FINAL
    assert not [step for step in FINAL[FINAL.index(user) :] if step.name in {"RUN", "COPY"}]
    with helm_python.Chart.load(CHART) as chart:
        for pod in Release.of(chart, load_values("minimal")).pods().values():
            context = pod["spec"]["securityContext"]
            assert user.text == f"{context['runAsUser']}:{context['runAsGroup']}"


def test_command_line_is_the_entry_point_and_receives_signals() -> None:
    # The exec form: under a shell, SIGTERM would not reach the server and no request would be finished.
    assert [json.loads(step.text) for step in named("ENTRYPOINT", INSTRUCTIONS)] == [["shequ"]]
    assert "shequ" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (command,) = [json.loads(step.text) for step in named("CMD", INSTRUCTIONS)]
    (port,) = named("EXPOSE", INSTRUCTIONS)
    assert command == ["serve", "--host", "0.0.0.0", "--port", port.text]


def test_no_secret_is_built_in() -> None:
    declared = " ".join(step.text for step in INSTRUCTIONS if step.name in {"ARG", "ENV"})
    assert not re.search(r"SECRET|PASSWORD|TOKEN|MIGRATOR|DATABASE_URL", declared)


def test_build_context_is_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    everything, *rules = [line for line in lines if line and not line.startswith("#")]
    assert everything == "*"
    # The last rule that matches decides, so what is left out again must come after what is let in.
    let_in = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert set(let_in) == SHIPPED
    assert {"**/__pycache__", "**/*.egg-info"} <= set(rules[len(let_in) :])
