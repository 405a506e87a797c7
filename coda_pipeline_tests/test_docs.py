"""What is written for people, held against the code: commands, variables, paths, errors, configuration."""

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml
from pydantic import BaseModel

from coda_pipeline import errors
from coda_pipeline.catalog import Catalog, parse_catalog
from coda_pipeline.cli import app
from coda_pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = "\n".join([README, *(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/**/*.md")))])
CODE = re.compile(r"`([^`\n]+)`")


def section(title: str) -> str:
    """The part of the README under a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title!r}"
    return found.group(1)


def commands() -> dict[str, Any]:
    """Every command by its words, such as `columns list`."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        parts = getattr(command, "commands", None)
        found |= {f"{name} {part}": one for part, one in parts.items()} if parts else {name: command}
    return found


def documented_commands() -> dict[str, str]:
    """Every command of the README's table by its words, with how it is written there."""
    found = {}
    for line in section("Commands").splitlines():
        cell = re.match(r"\| `coda-pipeline (\S+?)( [^`]*)?` \|", line)
        if cell is None:
            continue
        rest = cell.group(2) or ""
        parts = re.match(r" ([a-z]+(?:\\\|[a-z]+)+)", rest)
        for part in parts.group(1).split("\\|") if parts else [""]:
            found[f"{cell.group(1)} {part}".strip()] = rest
    return found


def test_the_readme_names_every_command_and_no_other():
    assert set(documented_commands()) == set(commands())


def test_every_option_in_the_readme_is_one_of_its_command():
    known = commands()
    for words, text in documented_commands().items():
        family = {name: command for name, command in known.items() if name.split()[0] == words.split()[0]}
        options = {option for command in family.values() for param in command.params for option in param.opts}
        assert set(re.findall(r"--[a-z-]+", text)) <= options, words


def test_every_command_explains_itself():
    for words, command in commands().items():
        assert command.help, words
        assert all(param.help for param in command.params if param.name != "help"), words


def test_commands_named_anywhere_in_the_docs_exist():
    known = {words.split()[0] for words in commands()}
    assert set(re.findall(r"coda-pipeline ([a-z]+(?:-[a-z]+)*)", DOCS)) <= known


def test_the_readme_names_every_environment_variable_and_no_other():
    named = {
        name for code in CODE.findall(section("Environment")) for name in re.findall(r"^[A-Z][A-Z_]+$", code)
    }
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_environment_variable_is_explained_in_the_code():
    assert all(field.description for field in Settings.model_fields.values())


def test_every_variable_named_in_the_docs_is_one():
    named = set(re.findall(r"\b(?:CODA|DAGSTER|DATABASE)_[A-Z_]+\b", DOCS))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_the_environment_is_read_in_one_place():
    """`Settings` reads it; the command line also writes it, for the processes that it starts."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "coda_pipeline").rglob("*.py")
        if re.search(r"os\.(environ\.get|getenv|environ\[[^\]]+\](?!\s*=))", path.read_text(encoding="utf-8"))
    }
    assert readers == set()


def test_make_targets_in_the_readme_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_the_two_commands_of_the_readme_are_demo_and_test():
    assert re.findall(r"^make (\w+)", section("Two commands"), re.MULTILINE) == ["demo", "test"]


def test_places_and_links_exist():
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    rows = re.findall(r"^\| (.+?) \|", section("Where everything is"), re.MULTILINE)
    placed = [code for row in rows for code in CODE.findall(row)]
    assert linked
    assert placed
    assert [place for place in (*linked, *placed) if not (ROOT / place).exists()] == []


def drawn_tree() -> dict[str, str]:
    """Error -> its parent, as drawn at the top of `errors`."""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([\s│├└─]*)(\w+Error)\b", line)
        if found:
            depth = len(found.group(1))
            path = [(d, n) for d, n in path if d < depth]
            drawn[found.group(2)] = path[-1][1] if path else "Exception"
            path.append((depth, found.group(2)))
    return drawn


def test_the_drawn_tree_of_errors_is_the_tree_of_classes():
    classes = {
        name: kind.__base__.__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__ and kind.__base__ is not None
    }
    assert drawn_tree() == classes


def example() -> dict[str, Any]:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found
    return yaml.safe_load(found.group(1))


def test_the_example_of_a_configuration_loads():
    assert parse_catalog(example(), source="docs/configuration.md").participation is not None


def keys_of(model: type[BaseModel]) -> set[str]:
    """Every key of a model and of the models in it."""
    keys = set(model.model_fields)
    for field in model.model_fields.values():
        for kind in models_in(field.annotation):
            keys |= keys_of(kind)
    return keys


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in models_in(part)]


def test_every_key_of_the_configuration_is_documented():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in sorted(keys_of(Catalog)) if not re.search(rf"\b{key}\b", text)] == []


PINNED = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_the_pinned_set_names_no_registry():
    assert "://" not in PINNED
    assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links)", PINNED, re.MULTILINE)


def test_everything_pinned_has_a_hash():
    entries = re.split(r"\n(?=[a-z])", PINNED.split("\n", 2)[2])
    assert len(entries) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []


@pytest.mark.parametrize("group", ["runtime", "dev", "build"])
def test_every_requirement_of_the_project_is_pinned(group: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] if group == "runtime" else project["dependency-groups"][group]
    names = {re.split(r"[<>=\[; ]", entry)[0] for entry in wanted}
    pinned = set(re.findall(r"^([a-z0-9-]+)", PINNED, re.MULTILINE))
    assert names <= pinned
