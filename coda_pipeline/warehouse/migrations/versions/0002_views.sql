create view core.participation as
select participation_id, version, external_id, coda_row_id, source_table, person_name, person_email, activity,
       activity_row_id, role, started_on, ended_on, share, comment, source, year, created_at, updated_at
  from core.participation_all
 where merged_into is null and deleted_at is null;
comment on view core.participation is
    'Участие without duplicates. Can be written: insert what the key needs, update any value, delete.';

create trigger participation_delete instead of delete on core.participation
    for each row execute function core.bury_instead();

create view core.participation_duplicates as
select d.record_id, d.source, d.source_table, d.row_id, d.browser_link, d.reason,
       survivor.participation_id,
       survivor.source_table || ':' || survivor.coda_row_id as survivor_record_id,
       s.browser_link as survivor_link,
       count(*) over (partition by survivor.participation_id) + 1 as group_size,
       d.person_name, d.person_email, d.activity, d.role, d.started_on, d.ended_on, d.share, d.comment, d.changed_at
  from core.participation_records as d
  left join core.participation_all as own on own.participation_id = d.participation_id
  left join core.participation_all as survivor
         on survivor.participation_id = coalesce(own.merged_into, own.participation_id)
  left join core.participation_records as s
         on s.record_id = survivor.source_table || ':' || survivor.coda_row_id
 where d.outcome = 'duplicate';
comment on view core.participation_duplicates is
    'One line per duplicate row: which row stands for it, why, and how many rows are the same.';

-- More columns come as Coda tables are read (`warehouse/core/wide.py`).
create view core.participation_wide as
select p.participation_id, p.version, p.external_id, p.coda_row_id, p.source_table, p.person_name, p.person_email,
       p.activity, p.activity_row_id, p.role, p.started_on, p.ended_on, p.share, p.comment, p.source, p.year,
       p.created_at, p.updated_at, r.browser_link as row_link
  from core.participation as p
  left join core.participation_records as r on r.record_id = p.source_table || ':' || p.coda_row_id;
comment on view core.participation_wide is 'Участие with the other columns of its row in Coda. Read only.';
