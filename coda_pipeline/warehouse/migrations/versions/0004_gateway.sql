-- All times are the database's own: the clock of a gateway or of a worker may be an hour off.

create table ops.trigger_requests (
    request_id uuid primary key default gen_random_uuid(),
    source text not null,
    state text not null default 'queued'
        check (state in ('queued', 'running', 'succeeded', 'needs_attention', 'failed')),
    requested_at timestamptz not null default clock_timestamp(),
    last_pressed_at timestamptz not null default clock_timestamp(),
    presses integer not null default 1,
    attempt integer not null default 1,
    not_before timestamptz not null default clock_timestamp(),
    run_id text,
    started_at timestamptz,
    finished_at timestamptz,
    as_of timestamptz,
    read_started_at timestamptz,
    passes_done integer not null default 0,
    pass_run_id text,
    pass_started_at timestamptz,
    counts jsonb not null default '{}',
    push text not null default 'off' check (push in ('off', 'pending', 'done', 'held')),
    error_kind text,
    error text
);
-- Whoever presses while one is queued joins it: an insert meets this index, however many arrive at once. One that
-- waits to be tried again is not joined, but the next run that starts answers for it too.
create unique index trigger_request_queued on ops.trigger_requests (source)
    where state = 'queued' and attempt = 1;
create index trigger_requests_open on ops.trigger_requests (requested_at)
    where state in ('queued', 'running') or passes_done < 2;
comment on table ops.trigger_requests is 'Presses of the button: what was asked, which run answers it, and what came of it.';
comment on column ops.trigger_requests.passes_done is
    'The last of the two further reads, which catch edits made just before the press, that is over or not needed.';
comment on column ops.trigger_requests.read_started_at is 'When the latest read began that came to its end.';

create table ops.trigger_presses (
    press_id bigint generated always as identity primary key,
    request_id uuid not null references ops.trigger_requests on delete cascade,
    pressed_at timestamptz not null default clock_timestamp(),
    requested_by text,
    row_url text,
    doc_id text,
    token_id text
);
create index trigger_presses_by_request on ops.trigger_presses (request_id);
comment on table ops.trigger_presses is 'Every single press: by whom, and from which row.';

create table ops.tokens (
    token_id text primary key,
    name text not null check (name <> ''),
    scopes text[] not null check (scopes <@ array['trigger', 'read', 'write', 'approve'] and scopes <> '{}'),
    secret_hash bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    created_by text,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
create index tokens_by_name on ops.tokens (name);
comment on table ops.tokens is 'Who may call the gateway; only digests of the tokens. Several live ones may share a name.';

create table ops.idempotency (
    caller text not null,
    scope text not null,
    key text not null,
    body_hash bytea not null,
    answer_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    primary key (caller, scope, key)
);
create index idempotency_by_age on ops.idempotency (created_at);
comment on table ops.idempotency is 'Idempotency keys of calls, each with what the first call made.';

create table ops.alerts (
    subject text primary key,
    state text not null check (state in ('ok', 'failed')),
    changed_at timestamptz not null default clock_timestamp(),
    told_at timestamptz
);
comment on table ops.alerts is 'What was last told of each job, check and process, so that only a change is told.';

create table ops.request_rows (
    doc_id text not null,
    table_id text not null,
    row_id text not null,
    request_id uuid not null references ops.trigger_requests on delete cascade,
    told text,
    is_final boolean not null default false,
    seen_at timestamptz not null default clock_timestamp(),
    primary key (doc_id, table_id, row_id)
);
create index request_rows_open on ops.request_rows (request_id) where not is_final;
comment on table ops.request_rows is
    'Rows of the request table in Coda, the button without a public door: which request each asked for, what it was told.';
