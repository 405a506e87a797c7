import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from coda_pipeline.errors import DatabaseError
from coda_pipeline.settings import Settings
from coda_pipeline.warehouse.cluster import Cluster, server_processes
from coda_pipeline.warehouse.embedded import EmbeddedServer

USER = """
import sys, time
from pathlib import Path
from coda_pipeline.warehouse.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print("joined", flush=True)
sys.stdin.read()
"""
PATIENCE_S = 60


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a server that this test may kill. Short, unlike pytest's own; its server ends with the
    test."""
    with TemporaryDirectory(prefix="cp-emb-") as folder:
        home = Path(folder) / "postgres"
        yield home
        for pid in server_pids(home):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not watcher_pids(home))


def server_pids(home: Path) -> list[int]:
    return server_processes(home.resolve() / "data")


def postmasters(home: Path) -> int:
    """How many servers there are: all other processes of a server are children of its first one."""
    pids = server_pids(home)
    return sum(psutil.Process(pid).ppid() not in pids for pid in pids)


def watcher_pids(home: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = process.cmdline()
            if str(home.resolve()) in command and any(part.endswith("embedded_watch.py") for part in command):
                found.append(process.pid)
    return found


def wait_until(is_so) -> None:
    for _attempt in range(PATIENCE_S * 20):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came to be")


def another_user(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "joined\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=PATIENCE_S)


def write_note(url: str, note: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create table if not exists notes (note text)")
        conn.execute("insert into notes values (%s)", [note])


def notes(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [note for (note,) in conn.execute("select note from notes")]


@pytest.mark.drill
def test_several_processes_use_one_server_and_the_last_to_leave_stops_it(home: Path) -> None:
    with EmbeddedServer(home) as server:
        write_note(server.url(), "ours")
        other = another_user(home)
        assert postmasters(home) == 1
    assert server_pids(home)
    assert notes(server.url()) == ["ours"]
    end(other)
    wait_until(lambda: not server_pids(home))
    wait_until(lambda: not watcher_pids(home))


def test_leaving_as_the_last_returns_when_the_server_has_stopped(home: Path) -> None:
    for _round in range(3):
        with EmbeddedServer(home):
            assert server_pids(home)
        assert not server_pids(home)


@pytest.mark.drill
def test_a_server_whose_users_were_all_killed_stops_by_itself_and_keeps_what_it_held(home: Path) -> None:
    other = another_user(home)
    url = Cluster(home.resolve(), {}).url("coda_pipeline")
    write_note(url, "kept")
    other.kill()
    other.wait()
    assert other.stdin
    assert other.stdout
    other.stdin.close()
    other.stdout.close()
    wait_until(lambda: not server_pids(home))
    with EmbeddedServer(home) as server:
        assert notes(server.url()) == ["kept"]


@pytest.mark.drill
def test_a_start_recovers_after_everything_was_killed_at_once(home: Path) -> None:
    with EmbeddedServer(home) as server:
        write_note(server.url(), "kept")
        for pid in [*watcher_pids(home), *server_pids(home)]:
            os.kill(pid, signal.SIGKILL)
        with EmbeddedServer(home) as again:
            assert notes(again.url()) == ["kept"]
            assert watcher_pids(home)


@pytest.mark.drill
def test_a_pid_file_whose_number_belongs_to_another_program_does_not_block_the_start(home: Path) -> None:
    with EmbeddedServer(home):
        pid_file = home / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedServer(home) as server:
        write_note(server.url(), "it runs")


@pytest.mark.drill
def test_processes_that_start_at_once_share_one_server(home: Path) -> None:
    command = [sys.executable, "-c", USER, str(home)]
    users = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == "joined\n"
    assert postmasters(home) == 1
    assert len(watcher_pids(home)) == 1
    for user in users:
        end(user)


@pytest.mark.parametrize("name", ["x" * 150, "Данные, 'мои' и $HOME"])
def test_long_and_odd_paths_work(home: Path, name: str) -> None:
    with EmbeddedServer(home / name) as server:
        write_note(server.url(), "here")
        assert notes(server.url()) == ["here"]
    socket_dir = Cluster((home / name).resolve(), {}).socket_dir
    assert not socket_dir.exists()


@pytest.mark.drill
def test_an_interrupted_creation_is_begun_again(home: Path) -> None:
    with EmbeddedServer(home):
        pass
    (home / "data" / "PG_VERSION").unlink()
    with EmbeddedServer(home) as server:
        write_note(server.url(), "new")


def test_a_cluster_of_another_version_is_left_alone_and_named(home: Path) -> None:
    with EmbeddedServer(home):
        pass
    (home / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DatabaseError, match=r"made by PostgreSQL 12"):
        EmbeddedServer(home).start()
    with (home / "users.lock").open() as users:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_cyrillic_letters_have_their_lower_case(home: Path) -> None:
    with EmbeddedServer(home) as server, psycopg.connect(server.url()) as conn:
        assert conn.execute("select lower('ЁЖ'), 'Ёж' ilike 'ёж'").fetchone() == ("ёж", True)


def test_only_the_word_embedded_starts_a_server(tmp_path: Path) -> None:
    url = "postgresql://u:p@db.example/warehouse"
    program = (
        "from coda_pipeline.settings import Settings\n"
        "from coda_pipeline.warehouse.embedded import resolve_database_url\n"
        "print(resolve_database_url(Settings()))\n"
    )
    environment = os.environ | {"DATABASE_URL": url, "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == url
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_server_brings_its_schema_up_to_date_by_itself_and_ends_with_its_user(
    home: Path,
) -> None:
    program = (
        "import psycopg\n"
        "from coda_pipeline.settings import Settings\n"
        "from coda_pipeline.warehouse.embedded import resolve_database_url\n"
        "assert resolve_database_url(Settings()) == resolve_database_url(Settings())\n"
        "with psycopg.connect(resolve_database_url(Settings())) as conn:\n"
        "    print(conn.execute('select data_folder from ops.installation').fetchone()[0])\n"
    )
    environment = os.environ | {"DATABASE_URL": "embedded", "DAGSTER_HOME": str(home.parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(home.resolve() / "data")
    assert not server_pids(home)


def test_settings_without_a_database_name_both_ways() -> None:
    with pytest.raises(DatabaseError, match="embedded"):
        Settings.model_construct(database_url=None, database_url_file=None).warehouse_url()
