"""Which module may import which (design: layout). Read from the source, so that lazy imports count too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import coda_pipeline

ROOT = Path(coda_pipeline.__file__).parent
PACKAGE = "coda_pipeline"

# From the top down: a module imports from its own layer and from lower ones.
LAYERS = (
    ("definitions", "cli", "commands", "defs", "gateway"),
    ("sync",),
    ("dump",),
    ("warehouse",),
    ("coda", "coding"),
    ("http", "budget", "answers", "failures", "rate_lane", "refusals", "retry"),
    ("settings",),
    ("catalog", "errors", "progress"),
)
# A section of the catalogue that is large has a module of its own, `catalog_<section>`.
CATALOG = "catalog"
DAGSTER = {"definitions", "cli", "commands", "defs"}
WITHOUT_SQL = {
    "coda",
    "coding",
    "http",
    "budget",
    "answers",
    "failures",
    "rate_lane",
    "refusals",
    "retry",
    "catalog",
    "settings",
    "errors",
}
# The warehouse knows the values of Участие and of plans, and how text is compared, which both sides of the
# twin must share.
SHARED_WITH_WAREHOUSE = {
    "coda_pipeline.sync.model",
    "coda_pipeline.sync.normalize",
    "coda_pipeline.sync.plan_inputs",
    "coda_pipeline.sync.plan_model",
}
# Only the command line knows that there is a sandbox.
SERVES_THE_SANDBOX = {"commands"}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """The module or folder directly under the package."""
    part = module.split(".")[1] if "." in module else ""
    return CATALOG if part.startswith(f"{CATALOG}_") else part


def level_of(part: str) -> int | None:
    return next((number for number, layer in enumerate(LAYERS) if part in layer), None)


ALL = {name: path for name, path in modules().items() if part_of(name)}


def test_every_module_has_its_layer():
    known = {part for layer in LAYERS for part in layer} | {"sandbox"}
    assert {part_of(name) for name in ALL} <= known


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_module_imports_from_its_layer_and_below(name: str):
    part = part_of(name)
    for imported in imports(ALL[name]):
        other = part_of(imported) if imported.startswith(f"{PACKAGE}.") else ""
        if not other or other == part:
            continue
        if part == "sandbox":
            assert other == "errors", f"the sandbox stands alone, yet imports {imported}"
        elif other == "sandbox":
            assert part in SERVES_THE_SANDBOX, f"nothing but the command line knows the sandbox: {imported}"
        elif part == "warehouse" and other == "sync":
            assert any(
                imported == shared or imported.startswith(f"{shared}.") for shared in SHARED_WITH_WAREHOUSE
            )
        elif part == "warehouse":
            assert other not in {"coda", *LAYERS[4]}, f"the warehouse does not talk to Coda: {imported}"
        else:
            mine, theirs = level_of(part), level_of(other)
            assert mine is not None
            assert theirs is not None
            assert theirs >= mine, f"{imported} is above"


@pytest.mark.parametrize("name", sorted(ALL))
def test_dagster_and_sql_stay_where_they_belong(name: str):
    part = part_of(name)
    tops = {imported.split(".")[0] for imported in imports(ALL[name])}
    assert part in DAGSTER or not {top for top in tops if top.startswith("dagster")}
    if part in WITHOUT_SQL:
        assert not tops & {"sqlalchemy", "alembic"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_packages_are_empty_so_that_each_name_has_one_path(path: Path):
    assert path.read_text(encoding="utf-8") == ""


def test_modules_with_dagster_decorators_do_not_postpone_annotations():
    for name, path in ALL.items():
        if part_of(name) in {"defs", "definitions"}:
            names = set(imports(path))
            assert "__future__.annotations" not in names, name
            assert "typing.TYPE_CHECKING" not in names, name
