"""Ends the processes of a command that could not end them itself, because it was killed.

Run as a script with the standard library only. The command writes `+PID` for each process group it starts and
`-PID` for each it has ended itself; when the pipe breaks, whatever is left is asked to end, then killed.
It is a process group of its own and ignores the signals of the terminal, so it outlives the command.
"""

import os
import signal
import sys
import time

GRACE_S = 8.0


def main() -> None:
    """Follow the list until the command is gone, then end what is still on it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            groups.append(pid)
        else:
            groups.remove(pid)
    end_groups(groups)


def end_groups(groups: list[int], *, grace_s: float = GRACE_S) -> None:
    """SIGTERM to every group, and SIGKILL to those that still have a process after `grace_s` seconds."""
    for group in groups:
        send(group, signal.SIGTERM)
    give_up_at = time.monotonic() + grace_s
    while any(send(group, 0) for group in groups) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, number: int) -> bool:
    """Send a signal to a whole process group (0: none); whether the group has any process."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
