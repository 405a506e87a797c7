-- Deleting leaves a tombstone, emptying is refused, and a second live participation with one key is refused with the
-- id of the first. Security definer, since the application has rights on the view alone.

-- For both: on the view the statement then counts and returns the row as deleted; on the table nothing is deleted.
create function core.bury_instead() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update core.participation_all set deleted_at = now(), deleted_by = 'warehouse'
     where participation_id = old.participation_id and deleted_at is null and merged_into is null;
    if found and tg_when = 'INSTEAD OF' then
        return old;
    end if;
    return null;
end
$$;

create trigger participation_4_delete before delete on core.participation_all
    for each row execute function core.bury_instead();

create function core.refuse_truncate() returns trigger
language plpgsql as $$
begin
    raise exception 'core.participation_all is never emptied'
        using errcode = 'object_not_in_prerequisite_state',
              hint = 'DELETE the participations from core.participation: each leaves a tombstone.';
end
$$;

create trigger participation_5_truncate before truncate on core.participation_all
    for each statement execute function core.refuse_truncate();

create function core.refuse_taken_key() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    mine core.participation_all;
    first uuid;
begin
    -- When this is deferred, the row may have changed again since.
    select * into mine from core.participation_all as p
     where p.participation_id = new.participation_id and p.merged_into is null and p.deleted_at is null;
    if not found then
        return null;
    end if;
    select p.participation_id into first
      from core.participation_all as p
     where core.natural_key(p.person_name, p.person_email, p.activity, p.activity_row_id, p.role, p.started_on,
                            p.ended_on, p.share, p.comment)
           = core.natural_key(mine.person_name, mine.person_email, mine.activity, mine.activity_row_id, mine.role,
                              mine.started_on, mine.ended_on, mine.share, mine.comment)
       and p.merged_into is null and p.deleted_at is null and p.participation_id <> mine.participation_id
     order by p.created_at, p.participation_id
     limit 1;
    if found then
        raise exception 'there is such a participation already'
            using errcode = 'exclusion_violation', schema = 'core', table = 'participation',
                  constraint = 'participation_natural_key',
                  detail = 'It is participation ' || first || '.',
                  hint = 'Change that one, or write what differs: ' || core.key_fields() || '.';
    end if;
    return null;
end
$$;

-- An insert is refused at once. Two rows may swap keys in one transaction, so updates are looked at when it ends; the
-- name sorts before that of the server's own recheck of the constraint, which would not say which one is in the way.
create trigger "A_key_of_insert" after insert on core.participation_all
    for each row when (not core.is_sync()) execute function core.refuse_taken_key();
create constraint trigger "A_key_at_commit" after insert or update on core.participation_all
    deferrable initially deferred
    for each row when (not core.is_sync()) execute function core.refuse_taken_key();
