"""Declaration of projects and what is in them, their workflow and their lists."""

from __future__ import annotations

CONTEXTS = """
Context | show context_type id name | system context_type
  id: string! = uid fixed
  name: string! = ""
  context_type: string!
  parent_id => Context
  project_id => Project as -
  link: string computed fixed
  _link: string computed fixed
  thumbnail_id -> Component
  thumbnail_url: object computed fixed
  created_at: datetime fixed
  created_by_id -> User as - fixed
  created_by: User via created_by_id fixed
  children: [Context.parent_id]
  assets: [Asset.context_id]
  notes: [Note.parent_id]
  appointments: [Appointment.context_id]
  assignments: [Appointment.context_id type=assignment]
  allocations: [Appointment.context_id type=allocation]
  timelogs: [Timelog.context_id]
  scopes: [ContextScope.context_id > scope_id]
  custom_attributes: {ContextCustomAttributeValue.entity_id}
  managers: [Manager.context_id]

Project < Context | sets context_type show | alias Show
  full_name: string
  status: string! ~ "active"
  is_global: boolean! = false
  is_private: boolean = false
  root: string
  color: string
  start_date: datetime
  end_date: datetime
  disk_id -> Disk
  project_schema_id! -> ProjectSchema
  metadata: {Metadata.parent_id}
  descendants: [TypedContext] computed
  review_sessions: [ReviewSession.project_id]
  user_security_role_projects: [UserSecurityRoleProject.project_id]

TypedContext < Context | sets context_type task | alias Task | system project_id object_type_id
  description: string
  bid: number! ~ 0
  time_logged: number computed fixed
  sort: number! ~ 0
  start_date: datetime
  end_date: datetime
  object_type_id! -> ObjectType
  status_id! -> Status
  type_id! -> Type
  priority_id! -> Priority
  project: Project via project_id
  metadata: {Metadata.parent_id}
  ancestors: [TypedContext] computed
  descendants: [TypedContext] computed
  lists: [ListObject.entity_id > list_id TypedContextList]
  incoming_links: [TypedContextLink.to_id]
  outgoing_links: [TypedContextLink.from_id]
  status_changes: [StatusChange.parent_id]

Task < TypedContext | type object_type_id 11c137c0-ee7e-4f9c-91c5-8c77cec22b2c
    | fixed object_type_id object_type
Shot < TypedContext | type object_type_id bad911de-3bd6-47b9-8b46-3476e237cb36
    | fixed object_type_id object_type type_id type bid start_date end_date
Sequence < TypedContext | type object_type_id e5139355-61da-4c8f-9db4-3abc870166bc
    | fixed object_type_id object_type type_id type status_id status bid start_date end_date
Episode < TypedContext | type object_type_id 22139355-61da-4c8f-9db4-3abc870166bc
    | fixed object_type_id object_type type_id type status_id status bid start_date end_date
Folder < TypedContext | type object_type_id 3c133785-51cb-11e3-980a-20c9d0831e59
    | fixed object_type_id object_type type_id type status_id status bid start_date end_date
AssetBuild < TypedContext | type object_type_id 4be63b64-5010-42fb-bf1f-428af9d638f0
    | fixed object_type_id object_type bid start_date end_date
Milestone < TypedContext | type object_type_id 01decdd1-51cb-11e3-9d5b-20c9d0831e59
    | fixed object_type_id object_type start_date

TypedContextLink | show id from_id to_id
  id: string! = uid fixed
  from_id! => TypedContext
  to_id! => TypedContext

Disk
  id: string! = uid fixed
  name: string!
  unix: string
  windows: string
  projects: [Project.disk_id]

ObjectType
  id: string! = uid fixed
  name: string!
  sort: integer! = 0
  icon: string! = "default"
  is_leaf: boolean = false
  is_schedulable: boolean! = false
  is_statusable: boolean! = true
  is_taskable: boolean! = true
  is_time_reportable: boolean! = false
  is_typeable: boolean! = true
  project_schemas: [ProjectSchemaObjectType.object_type_id > project_schema_id]

Type
  id: string! = uid fixed
  name: string
  color: string! = "#510100"
  sort: integer! = 0
  is_billable: boolean! = true
  tasks: [Task.type_id]

Priority
  id: string! = uid fixed
  name: string
  color: string
  sort: integer = 0
  value: number = 0
  tasks: [Task.priority_id]

State
  id: string! = uid fixed
  name: string
  short: string

Status
  id: string! = uid fixed
  name: string
  color: string
  sort: integer = 0
  is_active: boolean! ~ true
  state_id -> State hidden
  tasks: [Task.status_id]

StatusChange | alias Trac
  id: string! ~ uid fixed
  date: datetime
  parent_id: string
  parent_type: string
  from_status_id -> Status
  status_id -> Status
  user_id -> User

TypedContextStatusChange < StatusChange | sets parent_type task
  parent: TypedContext via parent_id

AssetVersionStatusChange < StatusChange | sets parent_type assetversion
  parent: AssetVersion via parent_id

ProjectSchema
  id: string! = uid fixed
  name: string
  task_workflow_schema_id -> WorkflowSchema as task_workflow_schema _task_workflow
  asset_version_workflow_schema_id -> WorkflowSchema as asset_version_workflow_schema _version_workflow
  task_type_schema_id -> TaskTypeSchema as task_type_schema _task_type_schema
  object_types: [ProjectSchemaObjectType.project_schema_id > object_type_id]
  object_type_schemas: [Schema.project_schema_id]
  _schemas: [Schema.project_schema_id]
  task_workflow_schema_overrides: [ProjectSchemaOverride.project_schema_id]
  _overrides: [ProjectSchemaOverride.project_schema_id]

ProjectSchemaObjectType | key object_type_id project_schema_id
  object_type_id! => ObjectType fixed
  project_schema_id! => ProjectSchema fixed

ProjectSchemaOverride
  id: string! = uid fixed
  project_schema_id => ProjectSchema as -
  type_id -> Type as -
  workflow_schema_id -> WorkflowSchema

WorkflowSchema
  id: string! = uid fixed
  name: string = "Workflow Name"
  statuses: [WorkflowSchemaStatus.workflow_schema_id > status_id]
  overrides: [ProjectSchemaOverride.workflow_schema_id]

WorkflowSchemaStatus | key workflow_schema_id status_id
  workflow_schema_id! => WorkflowSchema as - fixed
  status_id! => Status as - fixed

TaskTypeSchema
  id: string! = uid fixed
  name: string = "TaskType Schema Name"
  types: [TaskTypeSchemaType.task_type_schema_id > type_id]

TaskTypeSchemaType | key task_type_schema_id type_id
  task_type_schema_id! => TaskTypeSchema as - fixed
  type_id! => Type as - fixed

Schema
  id: string! = uid fixed
  project_schema_id! => ProjectSchema as -
  type_id! -> ObjectType as -
  object_type_id -> ObjectType as -
  statuses: [SchemaStatus.schema_id]
  types: [SchemaType.schema_id]

SchemaStatus | key status_id schema_id
  status_id! => Status as task_status fixed
  schema_id! => Schema as - fixed
  sort: integer = 0

SchemaType | key type_id schema_id
  type_id! => Type as task_type fixed
  schema_id! => Schema as - fixed
  sort: integer = 0

Scope
  id: string! = uid fixed
  name: string!

ContextScope | key context_id scope_id | hidden
  context_id! => Context fixed
  scope_id! => Scope fixed

ListCategory
  id: string! = uid fixed
  name: string
  lists: [List.category_id]

List | system project_id
  id: string! = uid fixed
  name: string = ""
  is_open: boolean! = true
  date: datetime
  system_type: string = "task"
  category_id! -> ListCategory
  project_id! => Project
  user_id -> User as owner
  custom_attributes: {ListCustomAttributeValue.entity_id}

TypedContextList < List | type system_type task
  items: [ListObject.list_id > entity_id Task]

AssetVersionList < List | type system_type assetversion
  items: [ListObject.list_id > entity_id AssetVersion]

ListObject | show id entity_id list_id
  id: string! = uid fixed
  entity_id: string!
  list_id! => List

ReviewSession
  id: string! = uid fixed
  name: string! = "New review session"
  description: string! = ""
  start_date: datetime!
  end_date: datetime!
  created_at: datetime!
  created_by_id -> User
  project_id! => Project
  review_session_objects: [ReviewSessionObject.review_session_id]
  review_session_invitees: [ReviewSessionInvitee.review_session_id]
  availability: string
  is_moderated: boolean
  passphrase: string
  passphrase_enabled: boolean
  shareable_url_enabled: boolean

ReviewSessionObject | system review_session_id
  id: string! = uid fixed
  name: string! = ""
  version: string! = ""
  description: string! = ""
  sort_order: number! ~ 0
  created_at: datetime!
  review_session_id! => ReviewSession
  version_id! => AssetVersion as asset_version
  notes: [Note.parent_id]
  statuses: [ReviewSessionObjectStatus.review_session_object_id]

ReviewSessionInvitee | system review_session_id
  id: string! = uid fixed
  name: string!
  email: string!
  created_at: datetime!
  created_by_id -> User
  created_from_shared_url: boolean fixed
  last_sent_at: datetime
  review_session_id! => ReviewSession
  statuses: [ReviewSessionObjectStatus.review_session_invitee_id]

ReviewSessionObjectStatus | system review_session_object_id
  id: string! = uid fixed
  created_at: datetime!
  status: string
  review_session_object_id => ReviewSessionObject
  review_session_invitee_id => ReviewSessionInvitee as invitee
"""
