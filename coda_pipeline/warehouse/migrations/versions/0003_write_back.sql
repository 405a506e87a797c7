create table sync.plans (
    plan_id bigint generated always as identity primary key,
    source_table text not null,
    kind text not null check (kind in ('changes', 'keys')),
    state text not null default 'open' check (state in ('open', 'replaced')),
    mapping text not null,
    blocked_by text[] not null default '{}',
    made_at timestamptz not null,
    run_id text,
    replaced_at timestamptz,
    creates integer not null,
    updates integer not null,
    deletes integer not null,
    keys integer not null,
    held integer not null,
    held_by jsonb not null,
    inputs_hash text,
    content_hash text not null
);
create unique index plans_open on sync.plans (source_table, kind) where state = 'open';
comment on table sync.plans is
    'What should change in Coda: one open plan per source and kind. A replaced one keeps its numbers, not its rows.';
comment on column sync.plans.held_by is 'How many rows wait for each reason; a row may have several.';
comment on column sync.plans.inputs_hash is 'Of what it was made, where that is cheaper to compare than to plan anew.';
comment on column sync.plans.blocked_by is 'Checks that failed when it was made: nothing of it is sent.';

create table sync.plan_rows (
    plan_id bigint not null,
    position integer not null,
    participation_id uuid not null,
    op text not null check (op in ('create', 'update', 'delete', 'key')),
    source_table text not null,
    row_id text,
    before jsonb not null,
    after jsonb not null,
    digest text not null,
    cells jsonb not null,
    is_keyed boolean not null,
    holds jsonb not null,
    primary key (plan_id, position)
);
create index plan_rows_by_participation on sync.plan_rows (participation_id);
comment on table sync.plan_rows is 'Every row of Coda that an open plan would change, field by field, before and after.';
comment on column sync.plan_rows.digest is 'Of op, row, before- and after-values: what an approval is of.';
comment on column sync.plan_rows.holds is 'Why it waits; empty: it goes with the next write-back.';

create table sync.plan_decisions (
    decision_id bigint generated always as identity primary key,
    digest text not null,
    participation_id uuid,
    is_approved boolean not null,
    decided_by text not null,
    decided_at timestamptz not null,
    plan_id bigint
);
create index plan_decisions_by_digest on sync.plan_decisions (digest, decision_id);
create index plan_decisions_by_participation on sync.plan_decisions (participation_id);
comment on table sync.plan_decisions is
    'Who approved or discarded which row of a plan, or a mapping; the last word on a digest counts.';

create table sync.approved_mappings (
    source_table text primary key,
    fingerprint text not null,
    approved_by text not null,
    approved_at timestamptz not null
);
comment on table sync.approved_mappings is 'The mapping with which rows may be written, of each source.';

create table sync.writes (
    write_id bigint generated always as identity primary key,
    participation_id uuid not null,
    op text not null check (op in ('create', 'update', 'delete', 'key')),
    source_table text not null,
    row_id text,
    method text not null check (method in ('put', 'upsert', 'delete')),
    before jsonb not null,
    after jsonb not null,
    digest text not null,
    cells jsonb not null,
    state text not null default 'sent'
        check (state in ('sent', 'confirmed', 'verified', 'rejected', 'superseded')),
    request_id text,
    sent_at timestamptz not null,
    confirmed_at timestamptz,
    closed_at timestamptz,
    fields jsonb,
    reason text,
    plan_id bigint,
    run_id text
);
create unique index writes_open on sync.writes (participation_id, op, coalesce(row_id, ''))
    where state in ('sent', 'confirmed');
create index writes_by_participation on sync.writes (participation_id, write_id);
comment on table sync.writes is 'Every row that was sent to Coda, stored before the request went out.';
comment on column sync.writes.request_id is 'Coda''s own; null until it answered: the row may have arrived or not.';
comment on column sync.writes.fields is
    'What became of each field once it was closed: verified, edited_meanwhile or rejected.';

create table sync.rejected_rows (
    rejected_id bigint generated always as identity primary key,
    write_id bigint,
    participation_id uuid not null,
    op text not null,
    source_table text not null,
    row_id text,
    fields text[] not null,
    reason text not null,
    digest text not null,
    rejected_at timestamptz not null,
    run_id text,
    closed_at timestamptz,
    closed_by text
);
create index rejected_rows_standing on sync.rejected_rows (participation_id) where closed_at is null;
comment on table sync.rejected_rows is
    'Rows that Coda did not take. They stay out of the plan until they change or a person has them tried again.';

-- What a plan has to look at, found without looking at everything.
create index participation_born_here on core.participation_all (participation_id)
    where coda_row_id is null and source = 'warehouse' and merged_into is null and deleted_at is null;
create index participation_deleted_here on core.participation_all (participation_id)
    where deleted_by = 'warehouse';
create index participation_merged on core.participation_all (participation_id)
    where merged_into is not null;
-- Our key in a row of Coda: whose it is, and whether a second row shows it too.
create index participation_records_by_sync_id on core.participation_records using hash (sync_id)
    where sync_id is not null;
create index participation_records_without_key on core.participation_records (source_table)
    where source = 'coda' and deleted_at is null and participation_id is not null
      and sync_id is distinct from participation_id::text;

alter table sync.tables add column display_column_id text;
comment on column sync.tables.display_column_id is 'The column whose text stands for a row in relations.';
