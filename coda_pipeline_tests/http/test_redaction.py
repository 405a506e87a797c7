"""The token is in no log, no exception and no repr, whatever fails."""

import logging
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from coda_pipeline.errors import CodaPipelineError, ServiceError, TokenError
from coda_pipeline_tests.http import scripted
from coda_pipeline_tests.http.scripted import TOKEN, Answer, Script, answer, error

FAULTS = {
    "401 that repeats the token": error(401, f"Unauthorized: {TOKEN}"),
    "400 that repeats the token": error(400, f"bad header Bearer {TOKEN}"),
    "404": error(404),
    "429": error(429, TOKEN),
    "500": error(500, TOKEN),
    "dropped": scripted.drop,
    "short": scripted.short,
    "web page": answer(text=f"<html>{TOKEN}</html>".encode()),
    "redirect": answer(status=307, headers={"Location": f"http://127.0.0.1:1/?t={TOKEN}"}),
    "silence": scripted.silence,
    "wrong compression": answer(text=b"not gzip", headers={"Content-Encoding": "gzip"}),
}


def everything_about(error: BaseException) -> str:
    """All that a logger, a debugger or a crash report could print: causes, contexts, arguments, locals."""
    seen: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is not None and found not in seen:
            seen.append(found)
            pending += [found.__cause__, found.__context__]
    traces = [
        "".join(traceback.TracebackException.from_exception(e, capture_locals=True).format()) for e in seen
    ]
    # The last frame is the test itself, whose locals may name the token.
    return "\n".join([*traces, *(repr(e.args) + repr(vars(e)) for e in seen)])


def failed(script: Script, **options: object) -> CodaPipelineError:
    transport = script.transport(**options)
    with pytest.raises(CodaPipelineError) as caught:
        transport.get("/docs/d", subject="doc d")
    assert TOKEN not in repr(transport)
    return caught.value


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_whatever_fails_the_token_is_nowhere(
    script: Script, fault: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    script.then = fault
    with caplog.at_level(logging.DEBUG):
        error = failed(script, timeout_s=(1, 0.1))
    assert error.__cause__ is None
    assert error.__context__ is None
    assert TOKEN not in everything_about(error)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("broken", [f"{TOKEN}\n", f"{TOKEN} ", f"{TOKEN}ё", "", f"\u200b{TOKEN}"])
def test_a_token_with_a_stray_character_is_refused_before_a_library_can_quote_it(
    script: Script, broken: str
) -> None:
    error = failed(script, token=lambda: SecretStr(broken))
    assert isinstance(error, TokenError)
    assert "Copy the token again" in str(error)
    assert TOKEN not in everything_about(error)
    assert script.seen == []


def test_a_host_that_does_not_exist_tells_nothing_but_the_path() -> None:
    error = failed(Script(), base_url="http://nowhere.invalid/apis/v1")
    assert isinstance(error, ServiceError)
    assert TOKEN not in everything_about(error)


def test_what_is_quoted_by_the_service_may_be_a_cell_and_is_left_out(script: Script) -> None:
    script.then = error(
        400, "Value \"Иванов Пётр\" is not allowed in `Оклад`, nor is «90000» or 'Ада'; isn't it?"
    )
    text = str(failed(script))
    for cell in ("Иванов", "Оклад", "90000", "Ада"):
        assert cell not in text
    assert "is not allowed in" in text


def test_a_netrc_file_does_not_replace_the_token(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    script.then = answer({"ok": 1})
    script.transport().get("/x")
    assert script.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
