"""The whole graph as text that a person can read: what `asset_graph.txt` holds."""

from collections.abc import Iterator

from dagster import AssetKey, AutomationCondition, Definitions


def describe(definitions: Definitions) -> str:
    """Every asset with its place, its dependencies and its checks; then jobs, schedules and sensors."""
    return (
        "\n".join(
            [*_assets(definitions), *_jobs(definitions), *_schedules(definitions), *_sensors(definitions)]
        )
        + "\n"
    )


def _assets(definitions: Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        yield f"asset {_name(key)}{'' if node.is_executable else ' (external)'}"
        yield f"  group      {node.group_name}"
        yield f"  kinds      {', '.join(sorted(node.kinds))}"
        yield f"  owners     {', '.join(node.owners)}"
        yield f"  depends on {', '.join(sorted(map(_name, node.parent_keys))) or '-'}"
        yield f"  automation {_condition(node.automation_condition)}"
        yield f"  freshness  {_freshness(node.freshness_policy)}"
        columns = node.metadata.get("dagster/column_schema")
        yield f"  columns    {', '.join(c.name for c in columns.columns) if columns else '-'}"
        for check in sorted(node.check_keys, key=lambda check: check.name):
            spec = graph.get(check)
            blocking = "blocking" if spec.blocking else "not blocking"
            yield f"  check      {check.name}: {spec.metadata['severity']}, {blocking}"
        yield ""


def _jobs(definitions: Definitions) -> Iterator[str]:
    for job in sorted(definitions.jobs or (), key=lambda job: job.name):
        found = definitions.resolve_job_def(job.name)
        yield f"job {found.name}"
        yield f"  executor   {found.executor_def.name}"
        yield f"  makes      {', '.join(sorted(map(_name, found.asset_layer.selected_asset_keys)))}"
        yield f"  tags       {_tags(found.run_tags)}"
        yield ""


def _schedules(definitions: Definitions) -> Iterator[str]:
    for name in sorted(schedule.name for schedule in definitions.schedules or ()):
        found = definitions.resolve_schedule_def(name)
        yield f"schedule {found.name}"
        yield f"  when       {found.cron_schedule} {found.execution_timezone}"
        yield f"  runs       {found.job_name}"
        yield f"  at first   {found.default_status.value}"
        yield f"  tags       {_tags(found.tags)}"
        yield ""


def _sensors(definitions: Definitions) -> Iterator[str]:
    for sensor in sorted(definitions.sensors or (), key=lambda sensor: sensor.name):
        yield f"sensor {sensor.name}"
        yield f"  kind       {sensor.sensor_type.value}"
        yield f"  runs       {', '.join(target.job_name for target in sensor.targets) or '-'}"
        yield f"  at first   {sensor.default_status.value}"
        yield f"  looks      every {sensor.minimum_interval_seconds} s"
        yield ""


def _condition(condition: AutomationCondition | None) -> str:
    """By the names of its parts; written out, it is a page."""
    if condition is None:
        return "-"
    return condition.get_label() or " & ".join(_condition(part) for part in condition.children)


def _name(key: AssetKey) -> str:
    return key.to_user_string()


def _tags(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(tags.items())) or "-"


def _freshness(policy: object) -> str:
    if policy is None:
        return "-"
    return f"warns after {policy.warn_window.to_timedelta()}, fails after {policy.fail_window.to_timedelta()}"
