"""What people do in CODING, hooks, failures and the request log over HTTP, for other processes.

No token is asked for: a sandbox listens on this machine only and holds no real data.

| request | does |
|---|---|
| `GET /_sandbox/coding/state` | team, projects with their counts and codes, time, hooks |
| `POST /_sandbox/coding/acts/{act}` | an act of `people.People`, the body its arguments; `{"result": …}` |
| `POST /_sandbox/coding/hooks` | `{"url": …, "secret": …}` sends hooks there; `DELETE` ends all |
| `POST /_sandbox/coding/hooks/faults` | the arguments of `Hooks.inject` |
| `POST /_sandbox/coding/clock/advance` | `{"seconds": 60}` |
| `POST /_sandbox/coding/faults` | the arguments of `Faults.inject`; `DELETE` takes all back |
| `GET /_sandbox/coding/requests` | the log; `DELETE` empties it |
| `POST /_sandbox/coding/limits` | `{"on": false}` |
"""

from collections.abc import Callable, Mapping

import orjson

from coda_pipeline.sandbox.coding.people import People
from coda_pipeline.sandbox.coding.world import CodingWorld
from coda_pipeline.sandbox.exchange import Answer, ok

Body = Mapping[str, object]
ACTS = frozenset(
    (
        "create_issue",
        "edit_issue",
        "delete_issue",
        "comment",
        "create_iteration",
        "edit_iteration",
        "delete_iteration",
        "plan",
        "add_member",
        "join",
        "set_roles",
        "remove_member",
        "lock_user",
        "expire_tokens",
        "restrict",
    )
)


def answer(world: CodingWorld, people: People, method: str, path: str, content: bytes) -> Answer:
    """Answers one request under `/_sandbox/coding/`. Mistakes come back as 400 with their text."""
    parts = path.strip("/").split("/")[2:]
    try:
        body = orjson.loads(content) if content else {}
        if method == "POST" and len(parts) == 2 and parts[0] == "acts":  # noqa: PLR2004
            return ok({"result": _act(people, parts[1], dict(body))})
        endpoint = ENDPOINTS.get((method, "/".join(parts)))
        return ok({"error": f"no {method} {path}"}, 404) if endpoint is None else ok(endpoint(world, body))
    except (KeyError, TypeError, ValueError) as error:
        return ok({"error": f"{type(error).__name__}: {error}"}, 400)


def _act(people: People, name: str, arguments: dict[str, object]) -> object:
    if name not in ACTS:
        message = f"unknown act {name}; there are {', '.join(sorted(ACTS))}"
        raise ValueError(message)
    project = arguments.pop("project", None)
    where = people if project is None else people.inside(str(project))
    return getattr(where, name)(**arguments)


def _state(world: CodingWorld, _body: Body) -> object:
    with world.lock:
        return {
            "team": world.config.team,
            "projects": {
                project.name: {
                    "id": project.id,
                    "issues": list(project.issues),
                    "iterations": list(project.iterations),
                    "members": list(project.members),
                }
                for project in world.projects.values()
            },
            "hooks": [{"id": hook.id, "enabled": hook.enabled} for hook in world.hooks.hooks.values()],
            "deliveries": [
                {"id": one.id, "event": one.event, "status": one.status} for one in world.hooks.log
            ],
            "now": world.clock.now(),
        }


def _connect(world: CodingWorld, body: Body) -> object:
    with world.lock:
        project = world.projects[str(body.get("project", world.main.name))]
        hook = world.hooks.connect(project.id, str(body["url"]), str(body.get("secret", "")))
    return {"id": hook.id}


def _disconnect(world: CodingWorld, _body: Body) -> object:
    with world.lock:
        world.hooks.hooks.clear()
    return {}


def _inject_on_the_way(world: CodingWorld, body: Body) -> object:
    world.hooks.inject(**body)  # pyright: ignore[reportArgumentType]
    return {}


def _advance(world: CodingWorld, body: Body) -> object:
    world.clock.advance(float(str(body["seconds"])))
    return {"now": world.clock.now()}


def _inject(world: CodingWorld, body: Body) -> object:
    world.faults.inject(**body)  # pyright: ignore[reportArgumentType]
    return {}


def _clear_faults(world: CodingWorld, _body: Body) -> object:
    world.faults.clear()
    return {}


def _requests(world: CodingWorld, _body: Body) -> object:
    return list(world.requests)


def _clear_requests(world: CodingWorld, _body: Body) -> object:
    world.requests.clear()
    return {}


def _limits(world: CodingWorld, body: Body) -> object:
    if body.get("on"):
        world.limits.on(world.config.rate)
    else:
        world.limits.off()
    return {}


ENDPOINTS: Mapping[tuple[str, str], Callable[[CodingWorld, Body], object]] = {
    ("GET", "state"): _state,
    ("POST", "hooks"): _connect,
    ("DELETE", "hooks"): _disconnect,
    ("POST", "hooks/faults"): _inject_on_the_way,
    ("POST", "clock/advance"): _advance,
    ("POST", "faults"): _inject,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("POST", "limits"): _limits,
}
