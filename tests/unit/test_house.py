"""The house rules that no linter knows. They read the tree as it lies on disk, so they need no git."""

import ast
import os
import re
import statistics
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from domain.statuses import JobStatus

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

# What tools and users leave in a checkout; the same names stand in .gitignore.
LEFT_BEHIND = frozenset({"var", "build", "dist", "node_modules", "__pycache__"})
TOOLS = frozenset({".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"})
NEVER_ENTERED = LEFT_BEHIND | TOOLS
BUILT_PAGE = ROOT / "api" / "static"
SOURCE_SUFFIXES = frozenset({".py", ".sql", ".js", ".ts", ".tsx", ".css", ".html", ".sh"})


@cache
def files() -> tuple[Path, ...]:
    """Every text file of the project, ours and not what tools left here."""
    return tuple(sorted(path for path in walk(ROOT) if b"\0" not in path.read_bytes()[:4096]))


def walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if enters(Path(parent, name))]
        # .env holds a developer's own settings and is no file of the project.
        yield from (Path(parent, name) for name in names if name != ".env")


def enters(folder: Path) -> bool:
    return not (folder.name in NEVER_ENTERED or folder.suffix == ".egg-info" or folder == BUILT_PAGE)


def modules(*folders: str) -> list[Path]:
    return [
        path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in set(folders)
    ]


def lines_matching(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_stay_small() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules(*PACKAGES)}
    too_long = {name: count for name, count in lines.items() if count > 400}
    assert not too_long
    # Package markers of one line would flatter the figures.
    written = sorted(count for count in lines.values() if count > 1)
    assert statistics.median(written) <= 120
    assert statistics.quantiles(written, n=10)[-1] <= 350


def test_every_package_enters_the_image() -> None:
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines()}
    assert {*PACKAGES, "alembic", "requirements", "pyproject.toml", "README.md"} <= let_in


def test_functions_stay_small() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length}"
        for path in modules(*PACKAGES, "benchmarks")
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > 60
    ]
    assert not too_long


def test_a_module_is_named_for_what_it_does() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "shared"}
    names = {
        path for path in modules(*PACKAGES, "tests", "benchmarks") if vague & {path.stem, path.parent.name}
    }
    assert not names


def test_the_migrations_folder_does_not_shadow_the_library() -> None:
    # With an __init__.py the folder would win over the installed library, except in its console script.
    assert not (ROOT / "alembic" / "__init__.py").exists()


@pytest.mark.parametrize("name", [*PACKAGES, "benchmarks", "tests"])
def test_no_other_distribution_brings_a_package_of_our_name(name: str) -> None:
    # Installed editable, our root is last on sys.path: a dependency with a folder `api` would win.
    assert set(packages_distributions().get(name, ())) <= {"rushes"}


def test_every_tool_looks_at_every_package() -> None:
    tools = PYPROJECT["tool"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks"}
    assert set(PACKAGES) == packages
    assert set(tools["importlinter"]["root_packages"]) == packages
    assert set(tools["coverage"]["run"]["source"]) == packages
    assert set(tools["mypy"]["files"]) == packages | {"tests", "benchmarks"}


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    assert not lines_matching(later, [path for path in files() if path.suffix in SOURCE_SUFFIXES])


def test_no_file_names_a_registry_host() -> None:
    # Everyone's installer has its own index configured, often a mirror; a host written down overrules it.
    hosts = [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    ]
    pattern = re.compile("|".join(r"\.".join(parts) for parts in hosts))
    assert not lines_matching(pattern, list(files()))


def test_every_suppression_has_its_reason() -> None:
    bare = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)(:\s*[A-Z0-9, ]+|\[[a-z-, ]+\])?\W*$")
    assert not lines_matching(bare, modules(*PACKAGES, "tests", "benchmarks", "alembic"))


def test_tests_wait_on_signals_not_on_the_clock() -> None:
    assert not lines_matching(re.compile(r"\btime\." + r"sleep\("), modules("tests"))


def test_a_job_changes_its_status_in_one_place() -> None:
    # A provider's words are its vendor's, and some vendors say "failed" too.
    folders = [name for name in PACKAGES if name not in {"domain", "db", "providers"}]
    moves = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules(*folders)
        for line in status_literals(ast.parse(path.read_text()))
    ]
    assert not moves


def status_literals(tree: ast.Module) -> Iterator[int]:
    """Lines that give a job status, spelt as a string, to something called ``status``."""
    values = {str(status) for status in JobStatus}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target, *_], value=ast.Constant(value=str(value))):
                named = isinstance(target, ast.Attribute) and target.attr == "status"
                named = named or (isinstance(target, ast.Name) and target.id == "status")
            case ast.keyword(arg="status", value=ast.Constant(value=str(value))):
                named = True
            case _:
                continue
        if named and value in values:
            yield node.lineno


@pytest.mark.parametrize(
    "source", ["job.status = 'queued'", "status = 'failed'", "replace(job, status='completed')"]
)
def test_a_status_literal_would_be_found(source: str) -> None:
    assert list(status_literals(ast.parse(source))) == [1]


def test_the_architecture_page_lists_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    section = page.split("## Folders", 1)[1].split("\n## ", 1)[0]
    listed = set(re.findall(r"^\| `([a-z_]+)/` \|", section, re.MULTILINE))
    there = {path.relative_to(ROOT).parts[0] for path in files() if path.parent != ROOT}
    assert listed == {name for name in there if not name.startswith(".")}


REQUIREMENTS = {
    "runtime.txt": PYPROJECT["project"]["dependencies"],
    "dev.txt": PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"],
    "fidelity.txt": PYPROJECT["dependency-groups"]["fidelity"],
    "veo.txt": PYPROJECT["project"]["dependencies"] + PYPROJECT["project"]["optional-dependencies"]["veo"],
    "bench.txt": PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["bench"],
    "build.txt": PYPROJECT["dependency-groups"]["build"] + PYPROJECT["build-system"]["requires"],
}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_in_step_with_the_project(name: str) -> None:
    """`make requirements` mends what fails here."""
    pins = pinned(name)
    for wanted in map(Requirement, (line for line in REQUIREMENTS[name] if isinstance(line, str))):
        versions = pins.get(wanted.name.lower())
        assert versions, f"{wanted.name} is not in requirements/{name}"
        assert all(wanted.specifier.contains(version) for version in versions), wanted


@pytest.mark.parametrize("name", ["dev.txt", "veo.txt", "bench.txt", "build.txt"])
def test_requirements_agree_on_versions(name: str) -> None:
    runtime, other = pinned("runtime.txt"), pinned(name)
    assert {key: other[key] for key in runtime.keys() & other.keys()} == {
        key: runtime[key] for key in runtime.keys() & other.keys()
    }


def pinned(name: str) -> dict[str, set[str]]:
    """Package to versions; more than one where Python versions differ. Every line must carry a hash."""
    pins: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text()):
        if not entry.startswith("#"):
            match = re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry)
            assert match, entry
            assert "--hash=sha256:" in entry, entry
            pins.setdefault(match[1], set()).add(match[2])
    return pins
