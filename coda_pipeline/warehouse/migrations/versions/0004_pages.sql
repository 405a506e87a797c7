create table ops.page_sessions (
    session_hash bytea primary key,
    who text not null check (who <> ''),
    token_id text,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
);
create index page_sessions_by_end on ops.page_sessions (expires_at);
comment on table ops.page_sessions is
    'Who is signed in on the pages; only digests. Without a token: whom a trusted proxy vouched for.';
