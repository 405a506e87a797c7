create table raw.participation_dump (
    year integer not null,
    line_id text not null,
    row_id text,
    doc_id text,
    row_hash text not null,
    person_name text,
    person_email text,
    activity text,
    activity_row_id text,
    role text,
    started_on date not null,
    ended_on date,
    share numeric,
    comment text,
    unreadable jsonb,
    cells jsonb,
    file_name text not null,
    file_size bigint not null,
    file_sha256 text not null,
    line_number integer not null,
    loaded_at timestamptz not null,
    run_id text
);
-- Not unique: lines are copied in first, and equal ones get different ids after. A unique index, even a
-- deferred one, took minutes over ten thousand equal lines that replace as many.
create index participation_dump_by_line on raw.participation_dump (line_id, year);
comment on table raw.participation_dump is
    'Lines of dumps of the Coda file, by the year of started_on. Loading a year replaces the lines of that year.';
comment on column raw.participation_dump.line_id is
    'The row''s id in Coda where the dump''s doc is the live doc, else a digest of the key and a number among equals.';
comment on column raw.participation_dump.cells is 'The cells that do not fit as they stand in the file, by header.';
comment on column raw.participation_dump.unreadable is 'Fields whose cell does not fit, each with the reason.';

create table raw.participation_dump_rejected (
    year integer not null,
    file_name text not null,
    line_number integer not null,
    column_name text,
    cell text,
    reason text not null,
    file_size bigint not null,
    file_sha256 text not null,
    loaded_at timestamptz not null,
    run_id text
);
create index participation_dump_rejected_by_year on raw.participation_dump_rejected (year, file_name, line_number);
comment on table raw.participation_dump_rejected is
    'Lines of dumps that could not be read, with the column, the beginning of its cell, and the reason.';

create table sync.dump_loads (
    year integer primary key,
    input_lines bigint not null,
    loaded bigint not null,
    other_years bigint not null,
    rejected bigint not null,
    files jsonb not null,
    loaded_at timestamptz not null,
    run_id text
);
comment on table sync.dump_loads is 'The last load of each year: input = loaded + other years + rejected.';

-- What is known by name in the Coda tables that Участие refers to; dumps give names only.
create table sync.known_names (
    kind text not null check (kind in ('person', 'activity')),
    name_norm text not null,
    doc_id text not null,
    identity text not null
);
create index known_names_by_name on sync.known_names using hash (name_norm);
comment on table sync.known_names is 'E-mails of people and rows of activities by name, from the live Coda tables.';

-- A participation that only a dump told of ends with the dump's line.
alter table core.participation_all drop constraint participation_all_deleted_by_check;
alter table core.participation_all add constraint participation_all_deleted_by_check
    check (deleted_by in ('coda', 'warehouse', 'dump'));
comment on column core.participation_all.deleted_by is 'Who deleted it: coda, warehouse, or a later dump.';
comment on column core.participation_all.coda_row_id is
    'The row in Coda that this participation is bound to; where source is dump, the line of the dump.';

create view core.participation_deleted_in_coda as
select p.participation_id, p.person_name, p.person_email, p.activity, p.role, p.started_on, p.ended_on, p.year,
       r.record_id, r.browser_link as row_link, r.deleted_at as row_deleted_at
  from core.participation as p
  join core.participation_records as r
    on r.participation_id = p.participation_id and r.source = 'coda' and r.deleted_at is not null
 where p.source = 'dump';
comment on view core.participation_deleted_in_coda is
    'Participations whose rows are deleted in Coda and which stay as history, because a dump tells of them.';

create view core.participation_unmatched as
select r.record_id, r.participation_id, r.person_name, r.activity, r.started_on, r.outcome,
       r.person_key like 'n:%' as is_person_unmatched, r.activity_key like 'n:%' as is_activity_unmatched,
       r.is_ambiguous
  from core.participation_records as r
 where r.source = 'dump' and r.deleted_at is null and (r.person_key like 'n:%' or r.activity_key like 'n:%');
comment on view core.participation_unmatched is
    'Lines of dumps whose person or activity matches no row of the live Coda tables, or several: kept as text.';
