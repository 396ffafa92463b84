"""Declaration of users, groups, notes, jobs, metadata and settings."""

from __future__ import annotations

PEOPLE = """
Resource | system resource_type
  id: string! = uid fixed
  resource_type: string!
  appointments: [Appointment.resource_id]
  assignments: [Appointment.resource_id type=assignment]
  allocations: [Appointment.resource_id type=allocation]

User < Resource | type resource_type user | fixed resource_type | unique username
  username: string!
  first_name: string
  last_name: string
  email: string
  is_active: boolean! ~ true
  is_otp_enabled: boolean ~ false
  is_totp_enabled: boolean ~ false
  require_details_update: boolean ~ false
  thumbnail_id -> Component
  thumbnail_url: object computed fixed
  memberships: [Membership.user_id]
  user_security_roles: [UserSecurityRole.user_id]
  timelogs: [Timelog.user_id]
  metadata: {Metadata.parent_id}
  custom_attributes: {UserCustomAttributeValue.entity_id}

Group < Resource | type resource_type group | fixed resource_type
  name: string! = ""
  local: boolean! ~ false
  parent_id => Group
  children: [Group.parent_id]
  memberships: [Membership.group_id]

Membership | unique group_id user_id
  id: string! = uid fixed
  group_id! => Group
  user_id! => User

Appointment
  id: string! = uid fixed
  type: string! ~ "assignment"
  resource_id! => Resource
  context_id! => Context

ManagerType
  id: string! = uid fixed
  name: string

Manager
  id: string! = uid fixed
  type_id -> ManagerType
  context_id => Context
  user_id => User

SecurityRole | show id name
  id: string! = uid fixed
  name: string
  type: string ~ "PROJECT"
  user_security_roles: [UserSecurityRole.security_role_id]

UserSecurityRole | show id user_id security_role_id
  id: string! = uid fixed
  user_id => User
  security_role_id => SecurityRole
  is_all_open_projects: boolean ~ true
  is_all_projects: boolean ~ true
  user_security_role_projects: [UserSecurityRoleProject.user_security_role_id]

UserSecurityRoleProject | show id project_id user_security_role_id
  id: string! = uid fixed
  project_id => Project
  user_security_role_id => UserSecurityRole

Job
  id: string! = uid fixed
  type: string! = "api_job" fixed
  status: string! = "queued" of queued,running,done,failed
  data: json
  created_at: datetime
  finished_at: datetime
  user_id -> User
  job_components: [JobComponent.job_id]

JobComponent | key component_id job_id
  component_id! => Component fixed
  job_id! => Job fixed
  url: object computed fixed

Timelog | system user_id context_id
  id: string! = uid fixed
  comment: string! = ""
  name: string
  start: datetime!
  duration: number!
  time_zone_offset: number
  user_id => User
  context_id => Context

Timer | unique user_id
  id: string! = uid fixed
  comment: string! = ""
  name: string
  start: datetime!
  user_id! => User
  context_id => Context

Note
  id: string! = uid fixed
  content: string
  date: datetime
  is_todo: boolean = false
  parent_id: string
  parent_type: string
  user_id! -> User as author
  in_reply_to_id => Note
  completed_at: datetime
  completed_by_id -> User
  thread_activity: datetime
  category_id -> NoteCategory
  replies: [Note.in_reply_to_id]
  recipients: [Recipient.note_id]
  note_components: [NoteComponent.note_id]
  note_label_links: [NoteLabelLink.note_id]
  metadata: {Metadata.parent_id}

NoteComponent | key component_id note_id
  component_id! => Component fixed
  note_id! => Note fixed
  url: object computed fixed
  thumbnail_url: object computed fixed

NoteCategory | alias NoteCategory
  id: string! = uid fixed
  name: string
  color: string
  sort: integer = 0

NoteLabel < NoteCategory | alias NoteCategory | same

NoteLabelLink | key note_id label_id
  note_id! => Note fixed
  label_id! => NoteLabel fixed

Recipient | key note_id resource_id
  note_id! => Note fixed
  resource_id! => Resource as recipient fixed
  user: User via resource_id
  text_mentioned: string

Event | system project_id | alias SocialEvent
  id: integer! fixed
  action: string
  insert: string
  data: string
  created_at: datetime
  parent_id: string
  parent_type: string
  project_id -> Project
  user_id -> User
  feeds: [Feed.social_id]

Feed | alias SocialFeed
  id: string! = uid fixed
  cluster_id: string
  created_at: datetime
  distance: integer = 0
  owner_id: string
  relation: string
  social_id: integer
  event: Event via social_id

Metadata | key parent_id key | show parent_id key value parent_type
  parent_id: string! fixed
  key: string! fixed
  value: string!
  parent_type: string!

Setting | key name group
  name: string! = "default" fixed
  group: string! = "default" fixed
  value: string = "default"
"""
