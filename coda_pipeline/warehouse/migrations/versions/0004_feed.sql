-- The feed of changes. A transaction that began earlier may commit later, so the order of history_id alone would let
-- a reader pass over its lines. Each line keeps its transaction; readers stay below the oldest one still running.
-- Null for lines from before: they come first. Adding the column first and its default later rewrites nothing.
alter table sync.participation_history add column xact xid8;
alter table sync.participation_history alter column xact set default pg_current_xact_id();
create index participation_history_feed on sync.participation_history (xact, history_id) where xact is not null;
comment on column sync.participation_history.xact is 'The transaction that wrote the line; see GET /v1/participation/changes.';

-- Transactions count from zero in a restored copy: then the lines' own order stands, and readers start anew.
create table ops.feed (
    only_row boolean primary key default true check (only_row),
    generation integer not null default 1,
    cluster text not null
);
comment on table ops.feed is 'In which server the transactions of the feed of changes were counted.';
insert into ops.feed (cluster)
select s.system_identifier || '.' || c.timeline_id from pg_control_system() s, pg_control_checkpoint() c;

-- A program that writes for others says for whom: the gateway names its token.
create or replace function core.writer() returns text
language sql stable as $$
    select case when core.is_sync() then 'sync'
                else session_user || coalesce(' for ' || nullif(current_setting('coda_pipeline.writer', true), ''), '')
           end
$$;
