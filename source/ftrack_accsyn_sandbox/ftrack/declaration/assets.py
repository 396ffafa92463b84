"""Declaration of assets, versions, components and locations."""

from __future__ import annotations

ASSETS = """
Asset | system context_id
  id: string! = uid fixed
  name: string
  context_id => Context as parent
  type_id -> AssetType
  versions: [AssetVersion.asset_id]
  latest_version: AssetVersion computed
  metadata: {Metadata.parent_id}
  custom_attributes: {AssetCustomAttributeValue.entity_id}

AssetType
  id: string! = uid fixed
  name: string!
  short: string!
  component: string = "main"
  assets: [Asset.type_id]

AssetVersion | system asset_id
  id: string! = uid fixed
  version: integer
  comment: string = ""
  date: datetime
  is_published: boolean! = true
  is_latest_version: boolean computed fixed
  link: string computed fixed
  _link: string computed fixed
  asset_id => Asset
  status_id! -> Status
  task_id -> Task
  user_id -> User
  thumbnail_id -> Component
  thumbnail_url: object computed fixed
  components: [Component.version_id]
  notes: [Note.parent_id]
  lists: [ListObject.entity_id > list_id AssetVersionList]
  incoming_links: [AssetVersionLink.to_id]
  outgoing_links: [AssetVersionLink.from_id]
  uses_versions: [AssetVersionLink.to_id > from_id]
  used_in_versions: [AssetVersionLink.from_id > to_id]
  review_session_objects: [ReviewSessionObject.version_id]
  status_changes: [StatusChange.parent_id]
  metadata: {Metadata.parent_id}
  custom_attributes: {AssetVersionCustomAttributeValue.entity_id}

AssetVersionLink | show id from_id to_id
  id: string! = uid fixed
  from_id! => AssetVersion
  to_id! => AssetVersion

Component | show id system_type | system system_type version_id
  id: string! = uid fixed
  name: string! = "main"
  system_type: string! ~ "file"
  file_type: string
  size: integer = 0
  version_id => AssetVersion
  container_id => ContainerComponent
  component_locations: [ComponentLocation.component_id]
  metadata: {Metadata.parent_id}

FileComponent < Component | sets system_type file

SequenceComponent < Component | sets system_type sequence
  padding: integer! = 0
  members: [Component.container_id]

ContainerComponent < Component | sets system_type container
  members: [Component.container_id]

Location | unique name
  id: string! = uid fixed
  name: string!
  label: string
  description: string
  location_components: [ComponentLocation.location_id]

ComponentLocation | system location_id component_id | unique component_id location_id
  id: string! = uid fixed
  component_id => Component
  location_id => Location
  resource_identifier: string
  url: object computed
"""
