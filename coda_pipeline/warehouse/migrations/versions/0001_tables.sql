create schema if not exists raw;
create schema if not exists coda;
create schema if not exists core;
create schema if not exists sync;
create schema if not exists ops;

comment on schema raw is 'Records as received.';
comment on schema coda is 'One typed view per Coda table, current rows only, and its history.';
comment on schema core is 'Участие without duplicates; the application reads and writes here.';
comment on schema sync is 'What the pipeline remembers: cursors, columns, held deletions.';
comment on schema ops is 'Internal: locks, rate budget, versions.';

create table raw.row_history (
    table_name text not null,
    row_id text not null,
    values jsonb not null,
    row_hash text not null,
    coda_created_at timestamptz,
    coda_updated_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    ended_by_run text,
    ended_as text not null check (ended_as in ('replaced', 'deleted'))
);
create index row_history_by_row on raw.row_history (table_name, row_id, valid_from);
comment on table raw.row_history is 'Versions of rows that a later read replaced or found deleted.';

create table sync.cursors (
    table_name text primary key,
    doc_id text not null,
    table_id text not null,
    sync_token text,
    row_count bigint,
    count_difference bigint not null default 0,
    as_of timestamptz,
    last_read_at timestamptz,
    last_full_at timestamptz,
    last_run_id text,
    last_outcome text,
    fingerprint text,
    unfit_cells bigint not null default 0
);
comment on column sync.cursors.unfit_cells is 'Cells of live rows that do not fit the type of their view column.';
comment on column sync.cursors.fingerprint is 'Which cells the row hashes of the table were made of.';
comment on table sync.cursors is 'How far each Coda table has been read.';

create table sync.tables (
    table_name text primary key,
    doc_id text not null,
    table_id text not null,
    title text,
    browser_link text,
    views_digest text,
    first_seen_at timestamptz not null default now()
);
comment on table sync.tables is 'Which Coda table each name stands for.';

create table sync.columns (
    table_name text not null,
    column_id text not null,
    name text not null,
    type text not null,
    is_array boolean not null,
    calculated boolean not null,
    position integer not null,
    format jsonb not null,
    excluded boolean not null,
    accepted_name text not null,
    accepted_type text not null,
    accepted_is_array boolean not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    gone_at timestamptz,
    primary key (table_name, column_id)
);
comment on table sync.columns is 'The column ledger: every column ever seen, by its id in Coda.';
comment on column sync.columns.accepted_name is 'The name that the view follows; differs from name until accepted.';

create table sync.view_columns (
    table_name text not null,
    view_column text not null,
    column_id text not null,
    part text not null,
    reads_as text not null,
    position integer not null,
    primary key (table_name, view_column),
    unique (table_name, position),
    unique (table_name, column_id, part, reads_as)
);
comment on table sync.view_columns is 'The columns of each view in schema coda, in order; never fewer.';

create table sync.held_deletions (
    table_name text not null,
    row_id text not null,
    held_at timestamptz not null,
    run_id text,
    state text not null default 'held' check (state in ('held', 'ignored')),
    decided_by text,
    decided_at timestamptz,
    primary key (table_name, row_id)
);
comment on table sync.held_deletions is 'Rows that vanished in Coda in such numbers that a person decides.';

create table ops.locks (
    what text primary key,
    holder text not null,
    backend_pid integer not null,
    since timestamptz not null
);
comment on table ops.locks is 'Who holds or last held each exclusive lock; the lock itself is the server''s.';

create table ops.installation (
    only_row boolean primary key default true check (only_row),
    system_identifier text not null,
    timeline bigint not null,
    database_oid bigint not null,
    table_oid bigint not null,
    data_folder text,
    recorded_at timestamptz not null default now()
);
comment on table ops.installation is 'Which database this is; a copied or restored one differs.';
