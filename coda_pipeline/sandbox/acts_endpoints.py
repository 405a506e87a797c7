"""The acts of HR, the clock, the failures and the request log over HTTP, for other processes.

No token is asked for: a sandbox listens on this machine only and holds no real data.

| request | does |
|---|---|
| `GET /_sandbox/state` | doc, table ids, time, whether edits are on their way |
| `POST /_sandbox/acts/{act}` | an act of `hr.Hr`, the body its arguments; answers `{"result": …}` |
| `POST /_sandbox/clock/advance` | `{"seconds": 60}` |
| `POST /_sandbox/settle` | jumps ahead until reads show everything |
| `POST /_sandbox/faults` | the arguments of `Faults.inject`; `DELETE` takes all back |
| `GET /_sandbox/requests` | the log; `DELETE` empties it |
| `POST /_sandbox/limits` | `{"on": false}` |
| `POST /_sandbox/pack` | `{"gateway": "http://…", "token": "…"}`: what the doc's button calls from now on |
"""

from collections.abc import Callable, Mapping

import orjson

from coda_pipeline.sandbox.cells import Person, RowRef
from coda_pipeline.sandbox.document import Column
from coda_pipeline.sandbox.exchange import Answer, ok
from coda_pipeline.sandbox.hr import Hr
from coda_pipeline.sandbox.pack import Pack
from coda_pipeline.sandbox.settling import settle
from coda_pipeline.sandbox.world import World

Body = Mapping[str, object]
ACTS = frozenset(
    (
        "add_row",
        "add_participation",
        "add_project",
        "add_employee",
        "edit_row",
        "copy_row",
        "delete_rows",
        "restore_rows",
        "clear_table",
        "swap",
        "move_row",
        "touch",
        "press_button",
        "delete_doc",
        "expire_tokens",
        "row_ids",
        "row",
        "rename_column",
        "retype_column",
        "make_formula",
        "add_column",
        "remove_column",
        "hide_column",
        "show_column",
        "rename_table",
        "remove_table",
    )
)


def answer(world: World, hr: Hr, method: str, path: str, body: bytes) -> Answer:
    """Answers one request under `/_sandbox/`. Mistakes come back as 400 with their text."""
    parts = path.strip("/").split("/")[1:]
    try:
        content = orjson.loads(body) if body else {}
        if method == "POST" and len(parts) == 2 and parts[0] == "acts":  # noqa: PLR2004
            return ok({"result": _act(hr, parts[1], content)})
        endpoint = ENDPOINTS.get((method, "/".join(parts)))
        return ok({"error": f"no {method} {path}"}, 404) if endpoint is None else ok(endpoint(world, content))
    except (KeyError, TypeError, ValueError) as error:
        return ok({"error": f"{type(error).__name__}: {error}"}, 400)


def _act(hr: Hr, name: str, arguments: Body) -> object:
    if name not in ACTS:
        message = f"unknown act {name}; there are {', '.join(sorted(ACTS))}"
        raise ValueError(message)
    return _plain(getattr(hr, name)(**arguments))


def _state(world: World, _body: Body) -> object:
    with world.lock:
        world.catch_up()
        live = world.main.timeline.live
        return {
            "doc_id": world.main.id,
            "tables": {table.meta.id: table.meta.name for table in live.tables.values()},
            "row_counts": {t.meta.id: len(t.rows) for t in live.tables.values() if not t.meta.is_view},
            "now": world.clock.now(),
            "is_behind": world.main.timeline.is_behind,
            "presses": world.main.presses,
        }


def _advance(world: World, body: Body) -> object:
    world.clock.advance(float(str(body["seconds"])))
    return {"now": world.clock.now()}


def _settle(world: World, _body: Body) -> object:
    settle(world)
    return {"now": world.clock.now()}


def _inject(world: World, body: Body) -> object:
    world.faults.inject(**body)  # pyright: ignore[reportArgumentType]
    return {}


def _clear_faults(world: World, _body: Body) -> object:
    world.faults.clear()
    return {}


def _requests(world: World, _body: Body) -> object:
    return list(world.requests)


def _clear_requests(world: World, _body: Body) -> object:
    world.requests.clear()
    return {}


def _limits(world: World, body: Body) -> object:
    if body.get("on"):
        world.limits.on(world.config.rates)
    else:
        world.limits.off()
    return {}


def _install_pack(world: World, body: Body) -> object:
    world.main.pack = Pack(str(body["gateway"]).rstrip("/"), str(body["token"]))
    return {}


def _plain(value: object) -> object:
    if isinstance(value, Person):
        return {"name": value.name, "email": value.email}
    if isinstance(value, RowRef):
        return value.row_id
    if isinstance(value, Column):
        return value.id
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


ENDPOINTS: Mapping[tuple[str, str], Callable[[World, Body], object]] = {
    ("GET", "state"): _state,
    ("POST", "clock/advance"): _advance,
    ("POST", "settle"): _settle,
    ("POST", "faults"): _inject,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("POST", "limits"): _limits,
    ("POST", "pack"): _install_pack,
}
