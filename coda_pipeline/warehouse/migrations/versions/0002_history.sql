-- One trigger a statement, over all its rows: what changed goes to the history, and participations that the
-- application wrote become pending. The sync notes itself what it has resolved.
-- What an insert wrote is not repeated here: it is the oldest value of later changes, or still in the row itself,
-- since no row is ever removed. `warehouse/core/history.py` tells it. That halves the time of a first sync.

create function core.writer() returns text
language sql stable as $$
    select case when core.is_sync() then 'sync' else session_user::text end
$$;

create function core.run_id() returns text
language sql stable as $$
    select nullif(current_setting('coda_pipeline.run_id', true), '')
$$;

create function core.after_insert() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into sync.participation_history (participation_id, version, changed_at, writer, run_id, op, changes)
    select n.participation_id, n.version, statement_timestamp(), core.writer(), core.run_id(), 'insert', '{}'
      from new_rows as n;
    if not core.is_sync() then
        insert into sync.participation_state (participation_id, version, name_norm, activity_norm)
        select n.participation_id, n.version, core.norm(n.person_name), core.norm(n.activity) from new_rows as n;
    end if;
    return null;
end
$$;

create trigger participation_6_inserted after insert on core.participation_all
    referencing new table as new_rows
    for each statement execute function core.after_insert();

create function core.after_update() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into sync.participation_history (participation_id, version, changed_at, writer, run_id, op, changes)
    select n.participation_id, n.version, statement_timestamp(), core.writer(), core.run_id(),
           case when o.deleted_at is null and n.deleted_at is not null then 'delete' else 'update' end,
           jsonb_strip_nulls(jsonb_build_object(
               'external_id', case when o.external_id is distinct from n.external_id
                   then jsonb_build_array(o.external_id, n.external_id) end,
               'coda_row_id', case when o.coda_row_id is distinct from n.coda_row_id
                   then jsonb_build_array(o.coda_row_id, n.coda_row_id) end,
               'source_table', case when o.source_table is distinct from n.source_table
                   then jsonb_build_array(o.source_table, n.source_table) end,
               'person_name', case when o.person_name is distinct from n.person_name
                   then jsonb_build_array(o.person_name, n.person_name) end,
               'person_email', case when o.person_email is distinct from n.person_email
                   then jsonb_build_array(o.person_email, n.person_email) end,
               'activity', case when o.activity is distinct from n.activity
                   then jsonb_build_array(o.activity, n.activity) end,
               'activity_row_id', case when o.activity_row_id is distinct from n.activity_row_id
                   then jsonb_build_array(o.activity_row_id, n.activity_row_id) end,
               'role', case when o.role is distinct from n.role
                   then jsonb_build_array(o.role, n.role) end,
               'started_on', case when o.started_on is distinct from n.started_on
                   then jsonb_build_array(o.started_on, n.started_on) end,
               'ended_on', case when o.ended_on is distinct from n.ended_on
                   then jsonb_build_array(o.ended_on, n.ended_on) end,
               'share', case when o.share is distinct from n.share
                   then jsonb_build_array(o.share, n.share) end,
               'comment', case when o.comment is distinct from n.comment
                   then jsonb_build_array(o.comment, n.comment) end,
               'source', case when o.source is distinct from n.source
                   then jsonb_build_array(o.source, n.source) end,
               'merged_into', case when o.merged_into is distinct from n.merged_into
                   then jsonb_build_array(o.merged_into, n.merged_into) end,
               'deleted_at', case when o.deleted_at is distinct from n.deleted_at
                   then jsonb_build_array(o.deleted_at, n.deleted_at) end,
               'deleted_by', case when o.deleted_by is distinct from n.deleted_by
                   then jsonb_build_array(o.deleted_by, n.deleted_by) end))
      from new_rows as n join old_rows as o using (participation_id)
     where n.version <> o.version;
    if not core.is_sync() then
        insert into sync.participation_state as s (participation_id, version, name_norm, activity_norm)
        select n.participation_id, n.version, core.norm(n.person_name), core.norm(n.activity)
          from new_rows as n join old_rows as o using (participation_id)
         where n.version <> o.version
        on conflict (participation_id) do update
           set version = excluded.version, name_norm = excluded.name_norm, activity_norm = excluded.activity_norm
         where s.version < excluded.version;
    end if;
    return null;
end
$$;

create trigger participation_6_updated after update on core.participation_all
    referencing old table as old_rows new table as new_rows
    for each statement execute function core.after_update();
