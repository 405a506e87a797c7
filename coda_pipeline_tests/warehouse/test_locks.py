import threading
import time

import pytest
from sqlalchemy import Engine, text

from coda_pipeline.errors import BusyError
from coda_pipeline.warehouse.locks import exclusive


def test_the_second_is_told_who_holds_the_lock_and_since_when(engine: Engine) -> None:
    with (
        exclusive(engine, "reading of people", wait_s=0, holder="run 7f3a"),
        pytest.raises(
            BusyError, match=r"run 7f3a holds the lock for reading of people since 2\d{3}-.* s ago"
        ),
        exclusive(engine, "reading of people", wait_s=0.05),
    ):
        pass


def test_locks_of_different_names_do_not_meet(engine: Engine) -> None:
    with exclusive(engine, "reading of people", wait_s=0), exclusive(engine, "reading of roles", wait_s=0):
        pass


def test_the_second_waits_and_says_for_whom(engine: Engine) -> None:
    said: list[str] = []
    took_over: list[bool] = []

    def second() -> None:
        with exclusive(engine, "x", wait_s=30, on_wait=said.append):
            took_over.append(bool(said))

    with exclusive(engine, "x", wait_s=0, holder="run 1"):
        thread = threading.Thread(target=second)
        thread.start()
        while not said:
            time.sleep(0.01)
    thread.join()
    assert took_over == [True]
    assert "run 1 holds the lock for x" in said[0]


def test_a_lock_is_free_after_an_error_inside_it(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(engine, "x", wait_s=0):
        raise ZeroDivisionError
    with exclusive(engine, "x", wait_s=0):
        pass


def test_a_lock_is_free_once_its_holders_connection_is_gone(engine: Engine) -> None:
    with exclusive(engine, "x", wait_s=0) as lock:
        with engine.connect() as conn:
            conn.execute(
                text("select pg_terminate_backend(backend_pid, 5000) from ops.locks where what = 'x'")
            )
        with exclusive(engine, "x", wait_s=0):
            pass
        with pytest.raises(BusyError, match="lost with the connection"):
            lock.check()


def test_waiting_leaves_no_time_limit_on_the_connection(engine: Engine) -> None:
    with exclusive(engine, "x", wait_s=0):
        for _attempt in range(3):
            with pytest.raises(BusyError), exclusive(engine, "x", wait_s=0.01):
                pass
    with engine.connect() as conn:
        assert conn.execute(text("show lock_timeout")).scalar() == "0"
