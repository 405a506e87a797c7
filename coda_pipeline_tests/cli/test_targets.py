"""What the targets of `sync` mean: Coda's tables by name, CODING's by the names of their views."""

import pytest

from coda_pipeline.catalog import Catalog
from coda_pipeline.commands.targets import Asked, asked_for
from coda_pipeline.errors import ConfigurationError

ALL = ("issues", "iterations", "project_members")
CODA = {"docs": [{"id": "Doc", "tables": [{"id": "grid-1", "name": "people"}]}]}
CODING = {"teams": [{"name": "demo-team", "projects": ["demo-project"]}]}


@pytest.mark.parametrize(
    ("targets", "asked"),
    [
        ([], Asked((), ALL)),
        (["coda"], Asked((), ())),
        (["coding"], Asked(None, ALL)),
        (["people"], Asked(("people",), ())),
        (["coda", "people", "coding"], Asked((), ALL)),
        (["coding.iterations", "people"], Asked(("people",), ("iterations",))),
        (["coding.issues", "coding.nothing"], Asked(("coding.nothing",), ("issues",))),
    ],
)
def test_tables_of_both_services_can_be_named_together(targets, asked):
    assert asked_for(Catalog.model_validate({"coda": CODA, "coding": CODING}), targets) == asked


def test_without_a_target_only_what_is_configured_is_read():
    assert asked_for(Catalog.model_validate({"coda": CODA}), []) == Asked((), ())
    assert asked_for(Catalog.model_validate({"coding": CODING}), []) == Asked(None, ALL)
    assert asked_for(Catalog.model_validate({}), []) == Asked((), ())


def test_coding_without_a_team_says_what_to_add():
    with pytest.raises(ConfigurationError, match=r"coding\.teams"):
        asked_for(Catalog.model_validate({"coda": CODA}), ["coding"])
