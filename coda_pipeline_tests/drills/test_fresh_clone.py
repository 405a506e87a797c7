"""A fresh clone on a machine with nothing but Python and make, by a user with an empty home."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coda_pipeline_tests.drills.demo_runs import clean_environment

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[2]
INSTALLS_WITHIN_S = 900


def make(clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run make in the clone, as somebody whose home is empty and who has not entered any environment."""
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    env = clean_environment(HOME=str(home), PATH=os.defpath + os.pathsep + os.environ["PATH"])
    env.pop("VIRTUAL_ENV", None)
    return subprocess.run(
        ["make", *args], cwd=clone, env=env, capture_output=True, text=True,  # noqa: S607
        timeout=INSTALLS_WITHIN_S, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a clone of the repository would hold now, before its first commit too."""
    folder = tmp_path_factory.mktemp("fresh") / "coda_pipeline"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    yield folder
    # Almost a gigabyte of packages.
    shutil.rmtree(folder.parent)


def test_make_demo_works_from_nothing_and_the_second_time_installs_nothing(clone: Path):
    first = make(clone, "demo", "ARGS=--once --rows 300")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "participation\t300\t300" in first.stdout
    assert "Участие: " in first.stdout
    assert (clone / "dagster_home" / "demo" / "postgres").is_dir()
    second = make(clone, "demo", "ARGS=--once --rows 300")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Installing" not in second.stdout
    ignored = subprocess.run(
        ["git", "-C", str(ROOT), "check-ignore", "dagster_home/demo/postgres", ".venv"],  # noqa: S607
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(ignored.stdout.split()) == 2
