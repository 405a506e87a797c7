-- No foreign keys between these tables: one transaction of the sync writes them all, 100,000 rows at a time, and a
-- trigger per row would cost more than everything else together.

create table core.participation_all (
    participation_id uuid primary key default gen_random_uuid(),
    version bigint not null default 1,
    external_id text unique check (external_id <> '' and length(external_id) <= 500),
    coda_row_id text,
    source_table text,
    person_name text,
    person_email text,
    activity text,
    activity_row_id text,
    role text,
    started_on date,
    ended_on date,
    share numeric,
    comment text,
    source text not null default 'warehouse' check (source in ('coda', 'dump', 'warehouse')),
    year integer generated always as (extract(year from started_on)::integer) stored,
    merged_into uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    deleted_by text check (deleted_by in ('coda', 'warehouse')),
    check ((deleted_at is null) = (deleted_by is null)),
    check (merged_into <> participation_id)
);
create index participation_by_row on core.participation_all (source_table, coda_row_id)
    where coda_row_id is not null;
create index participation_by_survivor on core.participation_all (merged_into) where merged_into is not null;
comment on table core.participation_all is
    'Every participation ever known, merged and deleted ones too. Read and write core.participation instead.';
comment on column core.participation_all.version is 'Grows with every change; the ETag.';
comment on column core.participation_all.external_id is 'The key of the application; the sync never touches it.';
comment on column core.participation_all.coda_row_id is 'The row in Coda that this participation is bound to.';
comment on column core.participation_all.source is 'Where its values were born: coda, dump or warehouse.';
comment on column core.participation_all.merged_into is 'The participation that stands for this one, being the same.';
comment on column core.participation_all.deleted_by is 'Who deleted it: coda or warehouse.';

-- Names can be 40 KB and a btree entry 2.7 KB at most: whatever may be long is found through hash indexes.
create table core.participation_records (
    record_id text not null,
    source text not null,
    source_table text not null,
    doc_id text not null,
    row_id text not null,
    row_hash text not null,
    person_name text,
    person_email text,
    activity text,
    activity_row_id text,
    role text,
    started_on date,
    ended_on date,
    share numeric,
    comment text,
    unreadable jsonb,
    sync_id text,
    created_at timestamptz,
    updated_at timestamptz,
    deleted_at timestamptz,
    participation_id uuid,
    outcome text check (outcome in ('survivor', 'duplicate', 'twin', 'incomplete')),
    reason text,
    person_key text,
    activity_key text,
    natural_key text,
    name_norm text,
    activity_norm text,
    is_ambiguous boolean not null default false,
    browser_link text,
    first_seen_at timestamptz not null,
    changed_at timestamptz not null,
    run_id text,
    primary key (record_id) include (row_hash, deleted_at),
    check (record_id = source_table || ':' || row_id)
);
create index participation_records_by_participation on core.participation_records (participation_id);
create index participation_records_by_key on core.participation_records using hash (natural_key);
create index participation_records_by_name on core.participation_records using hash (name_norm);
create index participation_records_by_activity on core.participation_records using hash (activity_norm);
comment on table core.participation_records is 'Every row of every source of Участие, and what became of it.';
comment on column core.participation_records.outcome is
    'survivor: it speaks for its participation; duplicate: another row does; twin: the same thing from a second '
    'source; incomplete: a key field is blank.';
comment on column core.participation_records.unreadable is 'Fields whose cell does not fit, each with the reason.';
comment on column core.participation_records.is_ambiguous is
    'The person is named without an e-mail, and several people have that name.';

create table sync.participation_state (
    participation_id uuid primary key,
    version bigint not null,
    resolved_version bigint,
    natural_key text,
    name_norm text,
    activity_norm text
);
create index participation_state_pending on sync.participation_state (participation_id)
    where version is distinct from resolved_version;
create index participation_state_by_key on sync.participation_state using hash (natural_key);
create index participation_state_by_name on sync.participation_state using hash (name_norm);
create index participation_state_by_activity on sync.participation_state using hash (activity_norm);
comment on table sync.participation_state is
    'Which version of a participation the last resolution has seen. One whose version differs is pending.';

create table sync.participation_base (
    participation_id uuid not null,
    record_id text not null,
    fields jsonb not null,
    primary key (participation_id, record_id)
);
comment on table sync.participation_base is 'The last values that the participation and the row in Coda agreed on.';

create table sync.conflicts (
    conflict_id bigint generated always as identity primary key,
    participation_id uuid not null,
    record_id text not null,
    kind text not null,
    field text,
    base_value jsonb,
    warehouse_value jsonb,
    coda_value jsonb,
    cause text not null,
    policy text not null,
    opened_at timestamptz not null,
    run_id text,
    outcome text,
    closed_at timestamptz,
    closed_by text
);
create index conflicts_by_participation on sync.conflicts (participation_id);
create index conflicts_open on sync.conflicts (conflict_id) where outcome is null;
comment on table sync.conflicts is 'Where both sides changed differently, with all three values. No outcome: open.';

create table sync.participation_history (
    history_id bigint generated always as identity primary key,
    participation_id uuid not null,
    version bigint not null,
    changed_at timestamptz not null,
    writer text not null,
    run_id text,
    op text not null check (op in ('insert', 'update', 'delete')),
    changes jsonb not null
);
create index participation_history_by_participation on sync.participation_history (participation_id, history_id);
comment on table sync.participation_history is
    'Who changed which field of a participation, when, from what to what: {"role": ["before", "after"]}.';

create table sync.resolve_state (
    only_row boolean primary key default true check (only_row),
    fingerprint text not null,
    last_run_id text,
    resolved_at timestamptz not null
);
comment on table sync.resolve_state is 'Of which mapping the records are, and when they were last resolved.';

create table sync.wide_columns (
    view_column text primary key,
    source_table text not null,
    source_column text not null,
    position integer not null generated always as identity,
    unique (source_table, source_column)
);
comment on table sync.wide_columns is 'Which columns of Coda core.participation_wide shows, in order; never fewer.';
