"""Issues whose details show an older state of another record than the warehouse holds of it.

An issue carries a copy of its parent, its epic, its sub-tasks and its iteration. When one of those changes,
the copy does too, but not the issue's UpdatedAt: no poll would see it. So an issue is behind where its copy
differs from a version that came after the issue was last looked at. The one thing to know: that comparison of
times ends by itself, whatever CODING puts into its copies: once looked at again, an issue is not behind any
more.
"""

from sqlalchemy import Connection, text

from coda_pipeline.warehouse.coding.places import Place

# What a copy of an issue shows of it, in a copy (c) and in the issue itself (o).
_COPY_DIFFERS = """
    (c ->> 'Name', c ->> 'IssueStatusId', c ->> 'IssueStatusName', c ->> 'Priority', c #>> '{Assignee,Id}')
    is distinct from
    (o.record ->> 'Name', o.record ->> 'IssueStatusId', o.record ->> 'IssueStatusName',
     o.record ->> 'Priority', o.record #>> '{Assignee,Id}')
"""
# The others are those that changed or went in this run, or all; `i` is the issue that may be behind.
_BEHIND = text(f"""
    with others as materialized (
        select *, coalesce(deleted_at, received_at) as changed_at from raw.coding_issues
         where team = :team and project = :project
           and (cast(:run_id as text) is null or run_id = :run_id)),
    mine as materialized (
        select code, read_at, record -> 'SubTasks' as children,
               coding.reference_of(record #> '{{Parent,Code}}') as parent_code, record -> 'Parent' as parent,
               coding.reference_of(record #> '{{Epic,Code}}') as epic_code, record -> 'Epic' as epic,
               coding.reference_of(record #> '{{Iteration,Code}}') as iteration_code,
               record -> 'Iteration' as iteration
          from raw.coding_issues where team = :team and project = :project and deleted_at is null)
    select i.code from mine as i join others as o on o.code = i.parent_code,
           lateral (select i.parent) as x (c)
     where o.changed_at >= i.read_at and (o.deleted_at is not null or {_COPY_DIFFERS})
    union
    select i.code from mine as i join others as o on o.code = i.epic_code,
           lateral (select i.epic) as x (c)
     where o.changed_at >= i.read_at and (o.deleted_at is not null or {_COPY_DIFFERS})
    union
    select i.code from mine as i, lateral coding.items_of(i.children) as x (c), others as o
     where o.code = coding.reference_of(c -> 'Code') and o.changed_at >= i.read_at
       and (o.deleted_at is not null or {_COPY_DIFFERS}
            or coding.reference_of(o.record #> '{{Parent,Code}}') is distinct from i.code)
    union
    select i.code from mine as i
      join others as o on coding.reference_of(o.record #> '{{Parent,Code}}') = i.code
     where o.deleted_at is null and o.changed_at >= i.read_at
       and o.code not in (select coding.reference_of(c -> 'Code') from coding.items_of(i.children) as x (c)
                           where coding.reference_of(c -> 'Code') is not null)
    union
    select i.code from mine as i
      join raw.coding_iterations as t on t.team = :team and t.project = :project and t.code = i.iteration_code
     where coalesce(t.deleted_at, t.received_at) >= i.read_at
       and (t.deleted_at is not null or (i.iteration ->> 'Name', i.iteration ->> 'Status')
            is distinct from (t.record ->> 'Name', t.record ->> 'Status'))
""")  # noqa: S608 -- put together of constants


def issues_behind(conn: Connection, place: Place, *, run_id: str | None) -> set[int]:
    """Codes of live issues whose copies of others are older than what the warehouse holds of those.

    `run_id` asks only about issues that this run wrote, None about all; iterations always count.
    """
    values = {"team": place.team, "project": place.project, "run_id": run_id}
    return set(conn.scalars(_BEHIND, values))
