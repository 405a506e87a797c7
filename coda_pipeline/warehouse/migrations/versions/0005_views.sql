-- One line a column; what CODING calls each field is in the expression. A value of the record that has no column
-- here is in `raw`, in full.

create view coding.issues as
select
    i.team,
    i.project,
    i.code,
    coding.text_of(i.record -> 'Name') as name,
    coding.text_of(i.record -> 'Type') as type,
    coding.text_of(i.record #> '{IssueTypeDetail,Name}') as type_name,
    coding.reference_of(i.record -> 'IssueTypeId') as type_id,
    coding.text_of(i.record -> 'IssueStatusName') as status_name,
    coding.text_of(i.record -> 'IssueStatusType') as status_type,
    coding.reference_of(i.record -> 'IssueStatusId') as status_id,
    coding.count_of(i.record -> 'Priority')::integer as priority,
    coding.reference_of(i.record #> '{Iteration,Code}') as iteration_code,
    coding.text_of(i.record #> '{Iteration,Name}') as iteration_name,
    coding.reference_of(i.record #> '{Parent,Code}') as parent_code,
    coding.reference_of(i.record #> '{Epic,Code}') as epic_code,
    coding.references_of(i.record -> 'SubTasks', 'Code') as sub_task_codes,
    coding.reference_of(i.record #> '{Assignee,Id}') as assignee_id,
    coding.text_of(i.record #> '{Assignee,Name}') as assignee_name,
    coding.references_of(i.record -> 'Assignees', 'Id') as assignee_ids,
    coding.reference_of(i.record #> '{Creator,Id}') as creator_id,
    coding.text_of(i.record #> '{Creator,Name}') as creator_name,
    coding.references_of(i.record -> 'Watchers', 'Id') as watcher_ids,
    coding.day_of(i.record -> 'StartDate') as start_on,
    coding.day_of(i.record -> 'DueDate') as due_on,
    coding.number_of(i.record -> 'WorkingHours') as working_hours,
    coding.number_of(i.record -> 'StoryPoint') as story_points,
    coding.texts_of(i.record -> 'Labels', 'Name') as labels,
    coding.text_of(i.record #> '{ProjectModule,Name}') as module,
    coding.text_of(i.record #> '{RequirementType,Name}') as requirement_type,
    coding.text_of(i.record #> '{DefectType,Name}') as defect_type,
    coding.custom_fields_of(i.record -> 'CustomFields') as custom_fields,
    coding.texts_of(i.record -> 'Files', 'Name') as file_names,
    coding.texts_of(i.record -> 'ThirdLinks', 'Link') as links,
    coding.text_of(i.record -> 'Description') as description,
    coding.moment_of(i.record -> 'CreatedAt') as created_at,
    coding.moment_of(i.record -> 'UpdatedAt') as updated_at,
    coding.moment_of(i.record -> 'CompletedAt') as completed_at,
    i.received_at
from raw.coding_issues as i
where i.deleted_at is null;

comment on view coding.issues is 'Issues of CODING, current ones only: every type, with sub-tasks.';
comment on column coding.issues.team is 'The team in CODING.';
comment on column coding.issues.project is 'The project, as its address names it.';
comment on column coding.issues.code is 'The number that people see; unique within the project.';
comment on column coding.issues.name is 'The title.';
comment on column coding.issues.type is 'DEFECT, REQUIREMENT, MISSION, EPIC, SUB_TASK or STORY.';
comment on column coding.issues.type_name is 'The type as the team named it; custom types show here.';
comment on column coding.issues.type_id is 'The id of that type.';
comment on column coding.issues.status_name is 'The status as the team named it.';
comment on column coding.issues.status_type is 'TODO, PROCESSING or COMPLETED.';
comment on column coding.issues.status_id is 'The id of the status.';
comment on column coding.issues.priority is '0 low, 1 medium, 2 high, 3 urgent.';
comment on column coding.issues.iteration_code is 'The iteration it is planned in: coding.iterations.code.';
comment on column coding.issues.iteration_name is 'The name of that iteration when the issue was read.';
comment on column coding.issues.parent_code is 'The issue it is part of: coding.issues.code.';
comment on column coding.issues.epic_code is 'The epic it belongs to: coding.issues.code.';
comment on column coding.issues.sub_task_codes is 'Its sub-tasks: coding.issues.code.';
comment on column coding.issues.assignee_id is 'Who works on it: coding.project_members.member_id.';
comment on column coding.issues.assignee_name is 'Their name.';
comment on column coding.issues.assignee_ids is 'All who work on it, where CODING tells more than one.';
comment on column coding.issues.creator_id is 'Who made it: coding.project_members.member_id.';
comment on column coding.issues.creator_name is 'Their name.';
comment on column coding.issues.watcher_ids is 'Who watches it: coding.project_members.member_id.';
comment on column coding.issues.start_on is 'First planned day, on the calendar of UTC+8.';
comment on column coding.issues.due_on is 'Last planned day, on the calendar of UTC+8.';
comment on column coding.issues.working_hours is 'Planned hours; 0 is 0, CODING has no other unset value.';
comment on column coding.issues.story_points is 'Estimate.';
comment on column coding.issues.labels is 'Names of its labels.';
comment on column coding.issues.module is 'The module of the project.';
comment on column coding.issues.requirement_type is 'Kind of a requirement.';
comment on column coding.issues.defect_type is 'Kind of a defect.';
comment on column coding.issues.custom_fields is 'Name of each custom field and its value as text.';
comment on column coding.issues.file_names is 'Names of the attached files.';
comment on column coding.issues.links is 'Addresses attached to it.';
comment on column coding.issues.description is 'Markdown.';
comment on column coding.issues.created_at is 'When it was made.';
comment on column coding.issues.updated_at is 'When it was last changed in CODING; comments do not count.';
comment on column coding.issues.completed_at is 'When it was completed.';
comment on column coding.issues.received_at is 'Since when this version is known here.';

create view coding.iterations as
select
    i.team,
    i.project,
    i.code,
    coding.text_of(i.record -> 'Name') as name,
    coding.text_of(i.record -> 'Goal') as goal,
    coding.text_of(i.record -> 'Status') as status,
    coding.day_of(i.record -> 'StartAt') as start_on,
    coding.day_of(i.record -> 'EndAt') as end_on,
    coding.reference_of(i.record -> 'Assignee') as assignee_id,
    coding.reference_of(i.record -> 'Creator') as creator_id,
    coding.reference_of(i.record -> 'Starter') as starter_id,
    coding.reference_of(i.record -> 'Completer') as completer_id,
    coding.count_of(i.record -> 'WaitProcessCount') as wait_process_count,
    coding.count_of(i.record -> 'ProcessingCount') as processing_count,
    coding.count_of(i.record -> 'CompletedCount') as completed_count,
    coding.number_of(i.record -> 'CompletedPercent') as completed_percent,
    coding.moment_of(i.record -> 'CreatedAt') as created_at,
    coding.moment_of(i.record -> 'UpdatedAt') as updated_at,
    i.received_at
from raw.coding_iterations as i
where i.deleted_at is null;

comment on view coding.iterations is 'Iterations of CODING, current ones only.';
comment on column coding.iterations.team is 'The team in CODING.';
comment on column coding.iterations.project is 'The project, as its address names it.';
comment on column coding.iterations.code is 'The number of the iteration; coding.issues.iteration_code points here.';
comment on column coding.iterations.name is 'The title.';
comment on column coding.iterations.goal is 'What it is for.';
comment on column coding.iterations.status is 'WAIT_PROCESS, PROCESSING or COMPLETED.';
comment on column coding.iterations.start_on is 'First day, on the calendar of UTC+8.';
comment on column coding.iterations.end_on is 'Last day, on the calendar of UTC+8.';
comment on column coding.iterations.assignee_id is 'Who leads it: coding.project_members.member_id.';
comment on column coding.iterations.creator_id is 'Who made it.';
comment on column coding.iterations.starter_id is 'Who started it.';
comment on column coding.iterations.completer_id is 'Who completed it.';
comment on column coding.iterations.wait_process_count is 'Issues not begun.';
comment on column coding.iterations.processing_count is 'Issues under way.';
comment on column coding.iterations.completed_count is 'Issues completed.';
comment on column coding.iterations.completed_percent is 'Share of issues completed, as CODING counts it.';
comment on column coding.iterations.created_at is 'When it was made.';
comment on column coding.iterations.updated_at is 'When it was last changed in CODING.';
comment on column coding.iterations.received_at is 'Since when this version is known here.';

create view coding.project_members as
select
    i.team,
    i.project,
    i.member_id,
    coding.text_of(i.record -> 'Name') as name,
    coding.text_of(i.record -> 'NamePinYin') as name_pinyin,
    coding.text_of(i.record -> 'GlobalKey') as global_key,
    coding.text_of(i.record -> 'Email') as email,
    coding.flag_of(i.record -> 'EmailValidation') as is_email_valid,
    coding.text_of(i.record -> 'Phone') as phone,
    coding.flag_of(i.record -> 'PhoneValidation') as is_phone_valid,
    coding.count_of(i.record -> 'Status')::integer as status,
    coding.count_of(i.record -> 'Status') = 1 as is_active,
    coding.texts_of(i.record -> 'Roles', 'RoleTypeName') as roles,
    coding.texts_of(i.record -> 'Roles', 'RoleType') as role_types,
    coding.references_of(i.record -> 'Roles', 'RoleId') as role_ids,
    coding.text_of(i.record -> 'UniqueExtField') as external_id,
    coding.text_of(i.record -> 'Avatar') as avatar,
    i.received_at
from raw.coding_project_members as i
where i.deleted_at is null;

comment on view coding.project_members is 'Members of each CODING project with their roles, current ones only.';
comment on column coding.project_members.team is 'The team in CODING.';
comment on column coding.project_members.project is 'The project, as its address names it.';
comment on column coding.project_members.member_id is 'The person; the same id in every project of the team.';
comment on column coding.project_members.name is 'The name.';
comment on column coding.project_members.name_pinyin is 'The name in Latin letters.';
comment on column coding.project_members.global_key is 'The login; a hook calls it login.';
comment on column coding.project_members.email is 'The e-mail address.';
comment on column coding.project_members.is_email_valid is 'Whether the address was confirmed.';
comment on column coding.project_members.phone is 'The telephone number.';
comment on column coding.project_members.is_phone_valid is 'Whether the number was confirmed.';
comment on column coding.project_members.status is '1 active, 0 inactive, -1 locked, -2 login locked, -3 left the team.';
comment on column coding.project_members.is_active is 'Whether the status is active.';
comment on column coding.project_members.roles is 'Roles in the project, as the team named them.';
comment on column coding.project_members.role_types is 'The same as CODING names them, such as ProjectMember.';
comment on column coding.project_members.role_ids is 'The ids of the roles.';
comment on column coding.project_members.external_id is 'The id of the person in another system (UniqueExtField).';
comment on column coding.project_members.avatar is 'Address of the picture.';
comment on column coding.project_members.received_at is 'Since when this version is known here.';
