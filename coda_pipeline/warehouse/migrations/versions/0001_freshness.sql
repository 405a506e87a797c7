-- Counted when asked, so that it is always true. Runs as its owner: whoever may see how fresh a table is need not
-- be able to read it.
create function raw.live_rows(table_name text) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
    n bigint;
begin
    if to_regclass(format('raw.%I', 'coda_' || table_name)) is null then
        return null;
    end if;
    execute format('select count(*) from raw.%I where deleted_at is null', 'coda_' || table_name) into n;
    return n;
end
$$;

create view core.freshness as
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
left join sync.cursors c using (table_name);

comment on view core.freshness is 'How fresh each table is: as_of is the moment in Coda that the rows show.';
