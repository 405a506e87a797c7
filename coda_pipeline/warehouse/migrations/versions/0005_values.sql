-- How a value of CODING reads in SQL: all its kinds of "unset" are NULL, and here alone. They are null, "", 0 for ids,
-- codes and times, and -28800000 (1970-01-01 00:00 in UTC+8) for the dates of an iteration. A value of another form
-- than expected reads NULL and stays in the record. None of these ever raises.

create function coding.text_of(value jsonb) returns text
language sql immutable parallel safe as $$
    select case jsonb_typeof(value) when 'string' then nullif(value #>> '{}', '')
                                    when 'number' then value #>> '{}'
                                    when 'boolean' then value #>> '{}' end
$$;

-- Numbers are sometimes sent as text: role ids, story points, priorities.
create function coding.number_of(value jsonb) returns numeric
language plpgsql immutable parallel safe as $$
declare
    t text := value #>> '{}';
begin
    if jsonb_typeof(value) = 'number' then
        return t::numeric;
    end if;
    if jsonb_typeof(value) = 'string' and length(t) <= 30 and t ~ '^[+-]?\d+(\.\d*)?$' then
        return t::numeric;
    end if;
    return null;
end
$$;

create function coding.count_of(value jsonb) returns bigint
language plpgsql immutable parallel safe as $$
declare
    n numeric := coding.number_of(value);
begin
    return case when n = trunc(n) and abs(n) < 9e18 then n::bigint end;
end
$$;

-- The id of a person, the code of an issue or iteration: 0 is none.
create function coding.reference_of(value jsonb) returns bigint
language sql immutable parallel safe as $$
    select nullif(coding.count_of(value), 0)
$$;

-- Epoch milliseconds; up to the year 9999, beyond which no calendar of a client reads.
create function coding.moment_of(value jsonb) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
    ms numeric := coding.number_of(value);
begin
    if ms in (0, -28800000) or abs(ms) > 253402300799999 then
        return null;
    end if;
    return timestamptz 'epoch' + interval '1 millisecond' * ms::double precision;
end
$$;

-- The day on the calendar of the service, UTC+8: it begins at 16:00 UTC of the day before.
create function coding.day_of(value jsonb) returns date
language sql immutable parallel safe as $$
    select (coding.moment_of(value) at time zone interval '8 hours')::date
$$;

create function coding.flag_of(value jsonb) returns boolean
language sql immutable parallel safe as $$
    select case when jsonb_typeof(value) = 'boolean' then value::boolean
                else coding.count_of(value) <> 0 end
$$;

create function coding.items_of(value jsonb) returns setof jsonb
language sql immutable parallel safe as $$
    select item from jsonb_array_elements(case jsonb_typeof(value) when 'array' then value else '[]' end) as item
$$;

-- One field of each object of a list, in its order; a list without any is NULL.
create function coding.texts_of(value jsonb, field text) returns text[]
language sql immutable parallel safe as $$
    select nullif(array(select coding.text_of(item -> field) from coding.items_of(value) as item
                         where coding.text_of(item -> field) is not null), '{}')
$$;

create function coding.references_of(value jsonb, field text) returns bigint[]
language sql immutable parallel safe as $$
    select nullif(array(select coding.reference_of(item -> field) from coding.items_of(value) as item
                         where coding.reference_of(item -> field) is not null), '{}')
$$;

-- Custom fields by name (by id where CODING sent none); a list or member list is JSON inside of a text.
create function coding.custom_fields_of(value jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_object_agg(
               coalesce(coding.text_of(item -> 'Name'), coding.text_of(item -> 'Id')),
               coding.text_of(item -> 'ValueString'))
      from coding.items_of(value) as item
     where coalesce(coding.text_of(item -> 'Name'), coding.text_of(item -> 'Id')) is not null
$$;
