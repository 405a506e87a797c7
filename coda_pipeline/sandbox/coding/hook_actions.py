"""The actions on Service Hooks (section 5)."""

import orjson

from coda_pipeline.sandbox.coding.config import HOOKS
from coda_pipeline.sandbox.coding.exchange import Action, Json, Question, refuse
from coda_pipeline.sandbox.coding.hook_bodies import EVENTS
from coda_pipeline.sandbox.coding.hooks import Delivery, Hook
from coda_pipeline.sandbox.coding.render import milliseconds


def events(question: Question) -> Json:
    """`DescribeEvents`."""
    question.need(HOOKS)
    return {"Event": [{"Name": name, "Label": name, "GroupName": name.split("_")[0]} for name in EVENTS]}


def create(question: Question) -> Json:
    """`CreateServiceHook`: address and token come as JSON in a text."""
    question.need(HOOKS)
    project = question.project_of_id()
    try:
        fields = orjson.loads(question.text("ActionProperty"))
        url, secret = str(fields["service_url"]), str(fields.get("token", ""))
    except (orjson.JSONDecodeError, KeyError, AttributeError):
        refuse("InvalidParameterValue", "ActionProperty")
    hook = question.world.hooks.connect(project.id, url, secret, question.texts("Event"))
    hook.enabled = question.body.get("Enabled") is not False
    return {"ServiceHook": _hook(hook)}


def describe_all(question: Question) -> Json:
    """`DescribeServiceHooks`."""
    question.need(HOOKS)
    project = question.project_of_id()
    number, rows = question.page()
    found = [_hook(hook) for hook in question.world.hooks.hooks.values() if hook.project_id == project.id]
    page = found[(number - 1) * rows : number * rows]
    return {"Data": {"PageNumber": number, "PageSize": rows, "TotalCount": len(found), "ServiceHook": page}}


def enable(question: Question) -> Json:
    """`EnabledServiceHook`."""
    question.need(HOOKS)
    for hook_id in question.texts("Id"):
        _known(question, hook_id).enabled = question.body.get("Enabled") is True
    return {"Succeed": True}


def delete(question: Question) -> Json:
    """`DeleteServiceHook`."""
    question.need(HOOKS)
    for hook_id in question.texts("Id"):
        del question.world.hooks.hooks[_known(question, hook_id).id]
    return {"Succeed": True}


def ping(question: Question) -> Json:
    """`PingServiceHook`; what is in its body is not known."""
    question.need(HOOKS)
    project = question.project_of_id()
    for hook_id in question.texts("Id"):
        body = question.world.bodies.frame("PING", project, "ping")
        question.world.hooks.ping(_known(question, hook_id), {**body, "zen": "Hello"})
    return {"Succeed": True}


def logs(question: Question) -> Json:
    """`DescribeServiceHookLogs`, newest first."""
    question.need(HOOKS)
    hook = _known(question, question.text("Id"))
    number, rows = question.page()
    found = [_log(one) for one in reversed(question.world.hooks.log) if one.hook is hook]
    page = found[(number - 1) * rows : number * rows]
    return {"Data": {"PageNumber": number, "PageSize": rows, "TotalCount": len(found), "Log": page}}


def resend(question: Question) -> Json:
    """`ResendServiceHookLog`."""
    question.need(HOOKS)
    return {"Data": {"Success": question.world.hooks.resend(question.text("ServiceHookLogId"))}}


def _known(question: Question, hook_id: str) -> Hook:
    hook = question.world.hooks.hooks.get(hook_id)
    if hook is None:
        refuse("ResourceNotFound")
    return hook


def _hook(hook: Hook) -> Json:
    return {
        "Id": hook.id,
        "Name": hook.name,
        "Enabled": hook.enabled,
        "Event": list(hook.events),
        "Service": "WebHook",
        "Action": "webhook_http_post",
        "ActionProperties": orjson.dumps({"service_url": hook.url}).decode(),
        "CreatedAt": milliseconds(hook.created_at),
        "TargetId": hook.project_id,
        "TargetType": "PROJECT",
    }


def _log(delivery: Delivery) -> Json:
    return {
        "Id": delivery.id,
        "Event": delivery.event,
        "ServiceHookId": delivery.hook.id,
        "RequestId": delivery.id,
        "RequestContent": delivery.body.decode(),
        "ResponseStatus": delivery.status or 0,
        "Status": int(delivery.status is not None and delivery.status < 300),  # noqa: PLR2004
        "CreatedAt": milliseconds(delivery.created_at),
        "SendAt": milliseconds(delivery.created_at),
    }


HOOK_ACTIONS: dict[str, Action] = {
    "DescribeEvents": events,
    "CreateServiceHook": create,
    "DescribeServiceHooks": describe_all,
    "EnabledServiceHook": enable,
    "DeleteServiceHook": delete,
    "PingServiceHook": ping,
    "DescribeServiceHookLogs": logs,
    "ResendServiceHookLog": resend,
}
