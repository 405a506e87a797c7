create schema if not exists coding;
comment on schema coding is 'One typed view per CODING table, current rows only.';

create table raw.coding_issues (
    team text not null,
    project text not null,
    code bigint not null,
    record jsonb not null,
    record_hash text not null,
    coding_updated_at timestamptz,
    read_at timestamptz not null,
    first_seen_at timestamptz not null,
    received_at timestamptz not null,
    deleted_at timestamptz,
    run_id text,
    primary key (team, project, code)
);
create index coding_issues_by_iteration on raw.coding_issues
    (team, project, (record #>> '{Iteration,Code}')) where deleted_at is null;
comment on table raw.coding_issues is
    'Issues of CODING with all details as received, deleted ones too; analysts use coding.issues.';
comment on column raw.coding_issues.record is 'What DescribeIssue answered: lossless.';
comment on column raw.coding_issues.record_hash is 'Digest of what counts as a change: without signed addresses.';
comment on column raw.coding_issues.coding_updated_at is 'UpdatedAt of the record: whole seconds.';
comment on column raw.coding_issues.read_at is 'When the request began that last looked at it, where that mattered.';
comment on column raw.coding_issues.received_at is 'Since when this version is known here.';

create table raw.coding_iterations (
    team text not null,
    project text not null,
    code bigint not null,
    record jsonb not null,
    record_hash text not null,
    coding_updated_at timestamptz,
    read_at timestamptz not null,
    first_seen_at timestamptz not null,
    received_at timestamptz not null,
    deleted_at timestamptz,
    run_id text,
    primary key (team, project, code)
);
comment on table raw.coding_iterations is
    'Iterations of CODING as received, deleted ones too; analysts use coding.iterations.';

create table raw.coding_project_members (
    team text not null,
    project text not null,
    member_id bigint not null,
    record jsonb not null,
    record_hash text not null,
    coding_updated_at timestamptz,
    read_at timestamptz not null,
    first_seen_at timestamptz not null,
    received_at timestamptz not null,
    deleted_at timestamptz,
    run_id text,
    primary key (team, project, member_id)
);
comment on table raw.coding_project_members is
    'Members of CODING projects as received, those who left too; analysts use coding.project_members.';
comment on column raw.coding_project_members.coding_updated_at is 'Unused: CODING tells no times of members.';

create table raw.coding_history (
    table_name text not null check (table_name in ('issues', 'iterations', 'project_members')),
    team text not null,
    project text not null,
    id bigint not null,
    record jsonb not null,
    record_hash text not null,
    coding_updated_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    ended_by_run text,
    ended_as text not null check (ended_as in ('replaced', 'deleted'))
);
create index coding_history_by_record on raw.coding_history (table_name, team, project, id, valid_from);
comment on table raw.coding_history is 'Versions of CODING records that a later read replaced or found deleted.';
comment on column raw.coding_history.id is 'The code of an issue or iteration, the id of a member.';

create table sync.coding_cursors (
    team text not null,
    project text not null,
    table_name text not null check (table_name in ('issues', 'iterations', 'project_members')),
    project_id bigint,
    high_water timestamptz,
    as_of timestamptz,
    last_read_at timestamptz,
    last_sweep_at timestamptz,
    sweep_asked_at timestamptz,
    last_run_id text,
    last_outcome text,
    primary key (team, project, table_name)
);
comment on table sync.coding_cursors is 'How far each table of each CODING project has been read.';
comment on column sync.coding_cursors.high_water is 'The latest UpdatedAt seen in a listing that was read to its end.';
comment on column sync.coding_cursors.last_sweep_at is 'When all were last listed: how deletions are found.';
comment on column sync.coding_cursors.sweep_asked_at is 'When a record that a hook named was not found: list all.';

create table ops.webhook_deliveries (
    team text not null,
    delivery_id text not null,
    event text,
    project text,
    headers jsonb not null,
    body bytea not null,
    received_at timestamptz not null,
    waiting_for text[] not null,
    attempts integer not null default 0,
    set_aside_at timestamptz,
    reason text,
    drained_at timestamptz,
    primary key (team, delivery_id)
);
create index webhook_deliveries_waiting on ops.webhook_deliveries (team, received_at)
    where waiting_for <> '{}' and set_aside_at is null;
create index webhook_deliveries_drained on ops.webhook_deliveries (drained_at) where drained_at is not null;
comment on table ops.webhook_deliveries is 'Hooks of CODING as received, stored before they are answered, each once.';
comment on column ops.webhook_deliveries.waiting_for is 'The tables that have yet to look at it; none: it is drained.';
comment on column ops.webhook_deliveries.reason is 'Why it was set aside, or what went wrong last.';

create table ops.coding_grants (
    team text primary key,
    sealed bytea not null,
    scopes text[] not null,
    granted_by text not null,
    granted_at timestamptz not null default clock_timestamp(),
    refreshed_at timestamptz,
    expires_at timestamptz not null,
    refresh_until timestamptz not null,
    refused_at timestamptz
);
comment on table ops.coding_grants is
    'What a person granted at CODING for a team. Whoever refreshes one locks its row: a refresh kills the token before it.';
comment on column ops.coding_grants.sealed is 'Both tokens, encrypted with CODA_PIPELINE_SECRET_KEY.';
comment on column ops.coding_grants.expires_at is 'When the access token ends by itself.';
comment on column ops.coding_grants.refused_at is 'When CODING last refused to refresh it: somebody has to connect again.';

create table ops.coding_connections (
    state_hash bytea primary key,
    team text not null,
    session_hash bytea not null,
    who text not null,
    return_to text not null,
    expires_at timestamptz not null
);
comment on table ops.coding_connections is
    'Connections that were begun on the page of a team: each works once, in the session that began it.';
comment on column ops.coding_connections.return_to is 'Where the pages are: the public door sends the browser on to it.';

create table ops.coding_examinations (
    team text primary key,
    examined_at timestamptz not null default clock_timestamp(),
    examined_by text not null,
    steps jsonb not null
);
comment on table ops.coding_examinations is 'What the last try of each connection to CODING came to, step by step.';
