"""Where the recorded answers and hooks are: outside of the repository, since their texts are others'.

CODA_PIPELINE_TEST_REFERENCE names the folder; without it `shared/reference` beside the repository or above.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
BESIDE = Path("shared/reference")


def reference(name: str) -> dict[str, Any]:
    """A file of recorded data; the test is skipped, and says so, where the folder is missing."""
    named = os.environ.get("CODA_PIPELINE_TEST_REFERENCE")
    folders = [Path(named)] if named else [folder / BESIDE for folder in REPOSITORY.parents]
    for folder in folders:
        if (folder / name).is_file():
            return json.loads((folder / name).read_text(encoding="utf-8"))
    pytest.skip(
        f"no {BESIDE / name} beside the repository or above it; CODA_PIPELINE_TEST_REFERENCE names it"
    )
