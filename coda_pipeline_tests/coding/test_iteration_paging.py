"""The list of iterations arrives whole under every reading of its paging, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coda_pipeline.coding.iteration_paging import Place, all_iterations
from coda_pipeline.coding.parse import Page
from coda_pipeline.errors import IncompleteReadError
from coda_pipeline.sandbox.coding.config import PROJECT, CodingConfig, CodingSwitches
from coda_pipeline.sandbox.coding.server import CodingSandboxServer
from coda_pipeline_tests.coding.teams import client_of

MODES = ["row", "page", "page_param"]


def server_of(mode: str, total: int, most: int):
    """A list of so many, of which no page shows more than `most`."""
    rows = [{"Code": code} for code in range(1, total + 1)]

    def ask(place: Place) -> Page:
        limit, offset = min(place["Limit"], most), place.get("Offset", 0)
        starts = {"row": offset, "page": offset * limit, "page_param": (place.get("Page", 1) - 1) * limit}
        return Page(list(rows[starts[mode] : starts[mode] + limit]), total)

    return ask


@given(
    mode=st.sampled_from(MODES),
    total=st.integers(0, 60),
    limit=st.integers(1, 20),
    most=st.integers(1, 20),
)
def test_every_iteration_arrives_once_whatever_offset_means(mode: str, total: int, limit: int, most: int):
    found = all_iterations(server_of(mode, total, most), "iterations", limit=limit)
    assert sorted(row["Code"] for row in found) == list(range(1, total + 1))  # type: ignore[index]


def test_a_list_that_is_shorter_than_said_is_refused():
    def ask(place: Place) -> Page:
        return Page([{"Code": 1}] if place.get("Offset") == 0 else [], 2)

    with pytest.raises(IncompleteReadError, match="there are 2 iterations, and 1"):
        all_iterations(ask, "iterations")


@pytest.mark.parametrize("data_key", ["Data", "data"])
@pytest.mark.parametrize("mode", MODES)
def test_the_sandbox_is_read_whole_in_each_of_its_modes(mode: str, data_key: str):
    switches = CodingSwitches(offset_mode=mode, data_key=data_key)  # pyright: ignore[reportArgumentType]
    config = CodingConfig(content="empty", rate=None, switches=switches)
    with CodingSandboxServer(config) as sandbox, client_of(sandbox) as client:
        made = {sandbox.people.create_iteration(f"Sprint {number}") for number in range(230)}
        assert {iteration.code for iteration in client.iterations(PROJECT)} == made


def test_a_project_of_few_iterations_takes_one_request():
    with CodingSandboxServer(CodingConfig(rate=None)) as sandbox, client_of(sandbox) as client:
        assert len(client.iterations(PROJECT)) == 3
        assert len(sandbox.requests) == 1
