"""The Pack is type-checked and passes its own tests, offline, against recorded answers of the gateway."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from coda_pipeline.settings import PROJECT_DIR

NPM = shutil.which("npm")
WITHIN_S = 300

pytestmark = [
    pytest.mark.drill,
    pytest.mark.skipif(NPM is None, reason="no Node.js with npm: the Pack is not tested"),
]


def npm(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NPM), *args], cwd=folder, env=os.environ | {"NO_COLOR": "1"},
        capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip


def test_the_pack_passes_its_tests(tmp_path: Path) -> None:
    folder = tmp_path / "coda_pack"
    shutil.copytree(PROJECT_DIR / "coda_pack", folder, ignore=shutil.ignore_patterns("node_modules"))
    installed = npm(folder, "ci")
    assert installed.returncode == 0, installed.stderr
    tested = npm(folder, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "# fail 0" in tested.stdout


def test_the_lock_file_names_no_registry() -> None:
    lock = (PROJECT_DIR / "coda_pack" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
