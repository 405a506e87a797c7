-- Tables of CODING beside those of Coda: one row for each table of each project. Never a column less: views that
-- people made on this one stay.
create or replace view core.freshness as
select
    t.table_name,
    t.title as source,
    t.browser_link as source_link,
    c.as_of,
    c.last_read_at,
    c.last_full_at as last_full_read_at,
    raw.live_rows(t.table_name) as live_rows,
    (select count(*) from sync.held_deletions h where h.table_name = t.table_name and h.state = 'held') as held,
    c.last_outcome as outcome
from sync.tables t
left join sync.cursors c using (table_name)
union all
select
    'coding.' || c.table_name,
    c.team || '/' || c.project,
    null,
    c.as_of,
    c.last_read_at,
    c.last_sweep_at,
    case c.table_name
        when 'issues' then (
            select count(*) from raw.coding_issues r
            where r.team = c.team and r.project = c.project and r.deleted_at is null)
        when 'iterations' then (
            select count(*) from raw.coding_iterations r
            where r.team = c.team and r.project = c.project and r.deleted_at is null)
        else (
            select count(*) from raw.coding_project_members r
            where r.team = c.team and r.project = c.project and r.deleted_at is null)
    end,
    (select count(*) from sync.held_deletions h
     where h.table_name = 'coding.' || c.table_name and h.state = 'held'
       and starts_with(h.row_id, c.team || '/' || c.project || '/')),
    c.last_outcome
from sync.coding_cursors c;

comment on view core.freshness is
    'How fresh each table is: as_of is the moment in Coda, or in CODING, that the rows show.';
