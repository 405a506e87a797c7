"""A small demo doc to dump, the demo's catalogue, and a folder to put dumps into."""

from datetime import date
from pathlib import Path

import pytest

from coda_pipeline.catalog import DEMO_CATALOG, Catalog, load_catalog
from coda_pipeline.sandbox.demo_doc import DocContent, demo_content

ROWS = 240
HEADER = "Сотрудник,Проект,Роль,Дата начала,Дата окончания,Доля,Комментарий"


@pytest.fixture(scope="session")
def doc() -> DocContent:
    """The HR doc of the demo, small."""
    return demo_content("demo", ROWS, 2023, date(2025, 6, 1))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The catalogue of the demo."""
    return load_catalog(DEMO_CATALOG)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """CODA_DUMP_DIR."""
    found = tmp_path / "dumps"
    found.mkdir()
    return found
