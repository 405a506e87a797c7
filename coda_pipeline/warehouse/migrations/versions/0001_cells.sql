-- How a cell of the rich form reads as a value of SQL. None of these ever raises: what does not fit is NULL.
-- Blank cells ('', [], null) are NULL everywhere. PL/pgSQL without exception blocks: immutable, parallel safe, and
-- faster than nested SQL functions, which the planner would not inline.
-- They live in `coda`, not `raw`: a body is resolved with the rights of whoever reads the view.

create function coda.cell_is_blank(cell jsonb) returns boolean
language sql immutable parallel safe as $$
    select cell is null or cell in ('""'::jsonb, '[]'::jsonb, 'null'::jsonb, '"``````"'::jsonb)
$$;

-- Plain text comes wrapped in three back-ticks.
create function coda.cell_unwrapped(t text) returns text
language plpgsql immutable parallel safe as $$
begin
    if t = '' then
        return null;
    end if;
    if starts_with(t, '```') and right(t, 3) = '```' and length(t) >= 6 then
        return nullif(substr(t, 4, length(t) - 6), '');
    end if;
    return t;
end
$$;

-- What a person sees: the text, the name of a relation or person, the address of a link or picture, list items
-- joined by a comma.
create function coda.cell_text(cell jsonb) returns text
language plpgsql immutable parallel safe as $$
declare
    t text;
begin
    case jsonb_typeof(cell)
        when 'string' then
            t := cell #>> '{}';
            if t = '' then
                return null;
            end if;
            if starts_with(t, '```') and right(t, 3) = '```' and length(t) >= 6 then
                return nullif(substr(t, 4, length(t) - 6), '');
            end if;
            return t;
        when 'object' then
            return case cell ->> '@type'
                when 'MonetaryAmount' then concat_ws(' ', cell ->> 'amount', cell ->> 'currency')
                when 'WebPage' then coalesce(nullif(cell ->> 'url', ''), cell ->> 'name')
                when 'ImageObject' then coalesce(nullif(cell ->> 'url', ''), cell ->> 'name')
                else coalesce(cell ->> 'name', cell ->> 'url', cell::text)
            end;
        when 'array' then
            return nullif(array_to_string(coda.cell_text_list(cell), ', '), '');
        when 'number', 'boolean' then
            return cell #>> '{}';
        else
            return null;
    end case;
end
$$;

-- The items of a list, each as a person sees it; a single value is a list of one.
create function coda.cell_text_list(cell jsonb) returns text[]
language plpgsql immutable parallel safe as $$
declare
    items text[] := '{}';
    t text;
begin
    if coda.cell_is_blank(cell) then
        return null;
    end if;
    if jsonb_typeof(cell) <> 'array' then
        return array[coda.cell_text(cell)];
    end if;
    for i in 0 .. jsonb_array_length(cell) - 1 loop
        t := coda.cell_text(cell -> i);
        if t is not null then
            items := items || t;
        end if;
    end loop;
    return items;
end
$$;

-- One field of the rich objects in a cell, NULL where a value is no such object: names and row ids stay in step.
create function coda.cell_field_list(cell jsonb, field text) returns text[]
language plpgsql immutable parallel safe as $$
declare
    item jsonb;
    items text[] := '{}';
begin
    if coda.cell_is_blank(cell) then
        return null;
    end if;
    if jsonb_typeof(cell) <> 'array' then
        return array[coda.cell_field(cell, field)];
    end if;
    for i in 0 .. jsonb_array_length(cell) - 1 loop
        item := cell -> i;
        if jsonb_typeof(item) = 'object' or coda.cell_text(item) is not null then
            items := items || coda.cell_field(item, field);
        end if;
    end loop;
    return items;
end
$$;

-- Formulas yield lists where the column says there is one value: a list of one is that value.
create function coda.cell_single(cell jsonb) returns jsonb
language sql immutable parallel safe as $$
    select case when jsonb_typeof(cell) = 'array' and jsonb_array_length(cell) = 1 then cell -> 0 else cell end
$$;

create function coda.cell_field(cell jsonb, field text) returns text
language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(cell) = 'array' then
        cell := coda.cell_single(cell);
    end if;
    if jsonb_typeof(cell) = 'object' then
        return nullif(cell ->> field, '');
    end if;
    return null;
end
$$;

create function coda.cell_number(cell jsonb) returns numeric
language plpgsql immutable parallel safe as $$
declare
    t text;
begin
    if jsonb_typeof(cell) = 'array' then
        cell := coda.cell_single(cell);
    end if;
    case jsonb_typeof(cell)
        when 'number' then
            return cell::numeric;
        when 'string' then
            t := coda.cell_unwrapped(cell #>> '{}');
        when 'object' then
            if jsonb_typeof(cell -> 'amount') = 'number' then
                return (cell -> 'amount')::numeric;
            end if;
            t := cell ->> 'amount';
        else
            return null;
    end case;
    if length(t) <= 100 and t ~ '^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$' then
        return t::numeric;
    end if;
    return null;
end
$$;

create function coda.cell_boolean(cell jsonb) returns boolean
language plpgsql immutable parallel safe as $$
begin
    if jsonb_typeof(cell) = 'array' then
        cell := coda.cell_single(cell);
    end if;
    if jsonb_typeof(cell) = 'boolean' then
        return cell::boolean;
    end if;
    return case lower(coda.cell_text(cell)) when 'true' then true when 'false' then false end;
end
$$;

-- Digits are checked by translate: a regular expression costs ten times as much. The first comparison of each takes
-- the form that Coda uses, on one of the first 28 days.

-- The date as the person sees it: the first ten characters, whatever the offset behind them.
create function coda.cell_date(cell jsonb) returns date
language plpgsql immutable parallel safe as $$
declare
    t text := cell #>> '{}';
    y int;
    m int;
    d int;
begin
    if translate(left(t, 11), '123456789', '000000000') in ('0000-00-00T', '0000-00-00')
            and substr(t, 6, 2) between '01' and '12' and substr(t, 9, 2) between '01' and '28' and t > '0001' then
        return left(t, 10)::date;
    end if;
    if jsonb_typeof(cell) = 'array' then
        t := coda.cell_single(cell) #>> '{}';
    end if;
    t := coda.cell_unwrapped(t);
    if translate(left(t, 10), '123456789', '000000000') is distinct from '0000-00-00'
            or substr(t, 11, 1) not in ('', 'T', ' ') then
        return null;
    end if;
    y := substr(t, 1, 4)::int;
    m := substr(t, 6, 2)::int;
    d := substr(t, 9, 2)::int;
    if y < 1 or m < 1 or m > 12 or d < 1 or d > 31 then
        return null;
    end if;
    if d > 28 and d > (case
            when m in (4, 6, 9, 11) then 30
            when m <> 2 then 31
            when y % 4 = 0 and (y % 100 <> 0 or y % 400 = 0) then 29
            else 28 end) then
        return null;
    end if;
    return make_date(y, m, d);
end
$$;

-- A moment needs its offset: without one nobody knows when it was. With it, and in this order, the cast depends on
-- no setting of the session.
create function coda.cell_moment(cell jsonb) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
    t text := cell #>> '{}';
begin
    if translate(t, '123456789', '000000000') in (
                '0000-00-00T00:00:00.000Z', '0000-00-00T00:00:00.000+00:00', '0000-00-00T00:00:00.000-00:00')
            and substr(t, 6, 2) between '01' and '12' and substr(t, 9, 2) between '01' and '28' and t > '0001'
            and substr(t, 12, 2) <= '23' and substr(t, 15, 1) <= '5' and substr(t, 18, 1) <= '5'
            and substr(t, 25, 2) <= '15' and substr(t, 28, 1) <= '5' then
        return t::timestamptz;
    end if;
    if coda.cell_date(cell) is null then
        return null;
    end if;
    if jsonb_typeof(cell) = 'array' then
        t := coda.cell_single(cell) #>> '{}';
    end if;
    t := coda.cell_unwrapped(t);
    if substr(t, 11) ~ '^[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$' then
        return t::timestamptz;
    end if;
    return null;
end
$$;
