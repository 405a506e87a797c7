"""A small process that stops an embedded server once nobody uses it any more, killed users included.

Started by `embedded`, one per server, run as a file. Standard library only, so that it stays small. The
operating system frees a user's file lock however that user ends; this process waits for the exclusive lock,
which says that all of them are gone.
"""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

ATTEMPTS = 100


def watch(home: Path, stop_command: list[str], *, uid: int, gid: int) -> None:
    """Wait until the last user of the server in `home` is gone, then run `stop_command` as that account."""
    with (home / "watch.lock").open("w") as own, (home / "users.lock").open("w") as users:
        if not _claimed(own):
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        account = {"user": uid, "group": gid, "extra_groups": []} if uid != os.geteuid() else {}
        subprocess.run(stop_command, check=False, cwd="/", **account)  # noqa: S603
        # First: whoever comes next must not take this process, which is about to end, for its watcher.
        own.close()


def _claimed(lock: IO[str]) -> bool:
    """Whether this is the only watcher. Tries for a while: a user that looks for one holds the lock too."""
    for _attempt in range(ATTEMPTS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


if __name__ == "__main__" and os.fork() == 0:
    os.setsid()
    watch(Path(sys.argv[1]), sys.argv[4:], uid=int(sys.argv[2]), gid=int(sys.argv[3]))
