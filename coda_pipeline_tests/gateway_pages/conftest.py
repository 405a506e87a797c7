"""A gateway over a database of the test's own, and a person who is signed in on its pages."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from coda_pipeline_tests.gateway.serving import Served, gateway_on, serving
from coda_pipeline_tests.gateway_pages.scene import Browser, Scene, token_of


@pytest.fixture
def scene(engine: Engine) -> Scene:
    """Участие as read from Coda, empty."""
    return Scene(engine)


@pytest.fixture
def served(engine: Engine, scene: Scene) -> Iterator[Served]:
    """The internal door."""
    with serving(gateway_on(engine, scene.catalog, ui_url="https://ui.example.org")) as found:
        yield found


@pytest.fixture
def open_browser(served: Served) -> Iterator[Callable[..., Browser]]:
    """A browser with an empty profile; headers are those of all its calls."""
    opened: list[Browser] = []

    def browser(**headers: str) -> Browser:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        opened.append(Browser(served.base_url, **{"Accept-Language": "ru", **named}))
        return opened[-1]

    yield browser
    for one in opened:
        one.close()


@pytest.fixture
def hr(engine: Engine, open_browser: Callable[..., Browser]) -> Browser:
    """A person of HR, signed in, who reads Russian."""
    found = open_browser()
    assert found.sign_in(token_of(engine)).status_code == 200
    return found
