"""Which checks there are, and which block. What each says is in `checks` and `participation_checks`.

A blocking check fails with ERROR and stops what depends on its asset in the same run. It never fails with
WARN: that would stop nothing, yet count as a failed blocking check for ever after.
"""

from dagster import AssetCheckSeverity, AssetCheckSpec, AssetKey

from coda_pipeline.defs.names import DUMP, PARTICIPATION, RECORDS, SENT

BLOCKING = frozenset({"complete", "columns_as_mapped", "natural_key_unique", "accounted_for", "keys_unique"})

_OF_RAW = {
    "complete": "Every row that the table counts was read, or what is missing was confirmed row by row.",
    "columns_as_mapped": "Every column that a field of Участие is mapped to is there and can hold it.",
    "moved_under_read": "The table stood still while it was read, and its own row count agrees.",
    "columns_changed": "No column came, went, changed name or type since it was last accepted.",
    "deletions_held": "No vanished rows wait for a person to say whether they are really gone.",
}
_OF_PARTICIPATION = {
    "natural_key_unique": "No two live participations that are not merged share a natural key.",
    "conflicts_open": "No edit made on both sides waits for a person.",
    "deleted_in_coda": "No participation stands that is deleted in Coda and only a dump still tells of.",
}
_OF_RECORDS = {
    "accounted_for": "Records = survivors + duplicates + twins + incomplete = live rows of the sources.",
    "duplicates": "No two records say the same; the worst groups, with links to their rows in Coda.",
    "incomplete": "Every record has all fields of the natural key.",
    "ambiguous_people": "Every record without an e-mail names a person who is known for sure.",
}
_OF_WRITE_BACK = {
    "rows_rejected": "No edit was refused by Coda, or accepted and then not applied.",
}


_OF_CODING = {
    "complete": "Every project was read to the end, and each list agrees with its own count.",
    "keys_unique": "No two current records share team, project and code or id.",
    "deletions_held": "No vanished records wait for a person to say whether they are really gone.",
}
_OF_ISSUES = {"references_resolve": "Every iteration and parent that a current issue names is there."}

_OF_DUMP = {
    "accounted_for": "Lines of the input = loaded + of other years + rejected.",
    "rows_rejected": "Every line, and every mapped cell of it, could be read.",
}


def dump_check_specs() -> list[AssetCheckSpec]:
    """The checks of the lines of dumps."""
    return [_spec(DUMP, name, text) for name, text in _OF_DUMP.items()]


def raw_check_specs(key: AssetKey) -> list[AssetCheckSpec]:
    """The checks of one table as read from Coda."""
    return [_spec(key, name, text) for name, text in _OF_RAW.items()]


def participation_check_specs() -> list[AssetCheckSpec]:
    """The checks of both assets of Участие."""
    checks = {PARTICIPATION: _OF_PARTICIPATION, RECORDS: _OF_RECORDS}
    return [_spec(key, name, text) for key, found in checks.items() for name, text in found.items()]


def write_back_check_specs() -> list[AssetCheckSpec]:
    """The checks of what was sent."""
    return [_spec(SENT, name, text) for name, text in _OF_WRITE_BACK.items()]


def coding_check_specs(key: AssetKey, table: str) -> list[AssetCheckSpec]:
    """The checks of one table of CODING."""
    checks = _OF_CODING | (_OF_ISSUES if table == "issues" else {})
    return [_spec(key, name, text) for name, text in checks.items()]


def severity(name: str) -> AssetCheckSeverity:
    """With what a check fails."""
    return AssetCheckSeverity.ERROR if name in BLOCKING else AssetCheckSeverity.WARN


def _spec(key: AssetKey, name: str, text: str) -> AssetCheckSpec:
    return AssetCheckSpec(
        name,
        asset=key,
        description=text,
        blocking=name in BLOCKING,
        metadata={"severity": severity(name).value},
    )
