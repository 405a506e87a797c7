-- What writers other than the sync may do with participations, and what the database does for them.
-- The sync names its run in coda_pipeline.run_id for its transaction; whoever does not is the application.

create function core.is_sync() returns boolean
language sql stable parallel safe as $$
    select coalesce(current_setting('coda_pipeline.run_id', true), '') <> ''
$$;

create function core.refuse_unfit(p core.participation_all) returns void
language plpgsql as $$
begin
    if p.share < 0 or p.share > 1 then
        raise exception 'share is a part of one: expected 0 to 1, so half of the time is 0.5'
            using errcode = 'check_violation', column = 'share';
    end if;
    if not isfinite(p.started_on) or p.started_on not between '0001-01-01' and '9999-12-31' then
        raise exception 'started_on is not a day of the years 1 to 9999'
            using errcode = 'datetime_field_overflow', column = 'started_on';
    end if;
    if not isfinite(p.ended_on) or p.ended_on not between '0001-01-01' and '9999-12-31' then
        raise exception 'ended_on is not a day of the years 1 to 9999'
            using errcode = 'datetime_field_overflow', column = 'ended_on';
    end if;
end
$$;

create function core.missing_key_field(p core.participation_all) returns text
language sql immutable parallel safe as $$
    select core.missing_key_field(p.person_name, p.person_email, p.activity, p.activity_row_id, p.role,
                                  p.started_on, p.ended_on, p.share, p.comment)
$$;

-- The comment on the function is made along with it.
create function core.key_fields() returns text
language sql stable as $$
    select obj_description(oid, 'pg_proc') from pg_proc
     where proname = 'natural_key' and pronamespace = 'core'::regnamespace
$$;

create function core.refuse_missing_key_field(field text) returns void
language plpgsql as $$
begin
    raise exception '% is missing: it is part of what makes a participation', field
        using errcode = 'not_null_violation', table = 'participation', schema = 'core',
              hint = 'A participation needs: ' || core.key_fields() || '.';
end
$$;

create function core.refuse_kept_columns(columns text[]) returns void
language plpgsql as $$
begin
    raise exception 'cannot write %: kept by the database', array_to_string(columns, ', ')
        using errcode = 'generated_always', table = 'participation', schema = 'core',
              hint = 'Leave these columns out. To delete a participation, DELETE it from core.participation.';
end
$$;

create function core.before_application_insert() returns trigger
language plpgsql as $$
declare
    kept text[] := array_remove(array[
        case when new.version is distinct from 1 then 'version' end,
        case when new.source is distinct from 'warehouse' then 'source' end,
        case when new.source_table is not null then 'source_table' end,
        case when new.coda_row_id is not null then 'coda_row_id' end,
        case when new.merged_into is not null then 'merged_into' end,
        case when new.created_at is distinct from now() then 'created_at' end,
        case when new.deleted_at is not null then 'deleted_at' end,
        case when new.deleted_by is not null then 'deleted_by' end], null);
    missing text;
begin
    if cardinality(kept) > 0 then
        perform core.refuse_kept_columns(kept);
    end if;
    perform core.refuse_unfit(new);
    missing := core.missing_key_field(new);
    if missing is not null then
        perform core.refuse_missing_key_field(missing);
    end if;
    new.updated_at := now();
    return new;
end
$$;

create trigger participation_1_insert before insert on core.participation_all
    for each row when (not core.is_sync()) execute function core.before_application_insert();

-- A statement that names the e-mail or the row id has spoken about it, even if it wrote the same again. Only a
-- trigger on the column can tell, and only through the value: it leaves a mark that the next trigger takes off.
create function core.mark_spoken_email() returns trigger
language plpgsql as $$
begin
    new.person_email := new.person_email || chr(31);
    return new;
end
$$;

create function core.mark_spoken_row_id() returns trigger
language plpgsql as $$
begin
    new.activity_row_id := new.activity_row_id || chr(31);
    return new;
end
$$;

create trigger participation_1_email before update of person_email on core.participation_all
    for each row when (not core.is_sync()) execute function core.mark_spoken_email();
create trigger participation_1_row_id before update of activity_row_id on core.participation_all
    for each row when (not core.is_sync()) execute function core.mark_spoken_row_id();

create function core.before_application_update() returns trigger
language plpgsql as $$
declare
    kept text[];
    missing text;
begin
    if old.merged_into is not null then
        raise exception 'this participation was merged into another one'
            using errcode = 'object_not_in_prerequisite_state', table = 'participation', schema = 'core',
                  detail = 'It is now participation ' || old.merged_into || '.',
                  hint = 'Write to that one.';
    end if;
    kept := array_remove(array[
        case when new.participation_id <> old.participation_id then 'participation_id' end,
        case when new.version <> old.version then 'version' end,
        case when new.source <> old.source then 'source' end,
        case when new.source_table is distinct from old.source_table then 'source_table' end,
        case when new.coda_row_id is distinct from old.coda_row_id then 'coda_row_id' end,
        case when new.merged_into is not null then 'merged_into' end,
        case when new.created_at <> old.created_at then 'created_at' end,
        case when new.deleted_by is distinct from old.deleted_by and new.deleted_at is null then 'deleted_by' end
        ], null);
    if cardinality(kept) > 0 then
        perform core.refuse_kept_columns(kept);
    end if;
    if new.deleted_at is not null and old.deleted_at is null then
        new.deleted_by := 'warehouse';
        return new;
    end if;
    -- The e-mail and the row id win over the names, so a new name without a word about them makes them stale.
    if right(new.person_email, 1) = chr(31) then
        new.person_email := left(new.person_email, -1);
    elsif new.person_email = old.person_email and core.norm(coalesce(new.person_name, ''))
              <> core.norm(coalesce(old.person_name, '')) then
        new.person_email := null;
    end if;
    if right(new.activity_row_id, 1) = chr(31) then
        new.activity_row_id := left(new.activity_row_id, -1);
    elsif new.activity_row_id = old.activity_row_id and core.norm(coalesce(new.activity, ''))
              <> core.norm(coalesce(old.activity, '')) then
        new.activity_row_id := null;
    end if;
    perform core.refuse_unfit(new);
    missing := core.missing_key_field(new);
    if missing is distinct from core.missing_key_field(old) and missing is not null then
        perform core.refuse_missing_key_field(missing);
    end if;
    -- Only an upsert on external_id reaches a deleted one. It starts anew, with no row in Coda.
    if old.deleted_at is not null then
        new.deleted_at := null;
        new.deleted_by := null;
        new.coda_row_id := null;
        new.source_table := null;
        new.source := 'warehouse';
    end if;
    return new;
end
$$;

create trigger participation_2_update before update on core.participation_all
    for each row when (not core.is_sync()) execute function core.before_application_update();

create function core.keep_version() returns trigger
language plpgsql as $$
declare
    given timestamptz := new.updated_at;
begin
    new.updated_at := old.updated_at;
    new.version := old.version;
    -- Generated columns are computed after this.
    new.year := old.year;
    if new is distinct from old then
        new.version := old.version + 1;
        new.updated_at := case when core.is_sync() and given <> old.updated_at then given else now() end;
    end if;
    return new;
end
$$;

create trigger participation_3_version before update on core.participation_all
    for each row execute function core.keep_version();
