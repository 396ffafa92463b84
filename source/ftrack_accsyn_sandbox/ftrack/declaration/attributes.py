"""Declaration of custom attributes: how they are configured, what was set, and what each entity has."""

from __future__ import annotations

ATTRIBUTES = """
CustomAttributeType
  id: string! = uid fixed
  name: string
  core: boolean! = false
  form_config: string
  custom_attribute_configurations: [CustomAttributeConfiguration.type_id]

CustomAttributeGroup | show id name | alias AttributeGroup
  id: string! = uid fixed
  name: string
  custom_attribute_configurations: [CustomAttributeConfiguration.group_id]

CustomAttributeConfiguration | alias Variable_Register | system write_permissionid permissionid project_id
  id: string! = uid fixed
  key: string
  label: string
  type_id -> CustomAttributeType
  entity_type: string
  object_type_id => ObjectType
  project_id => Project as -
  group_id -> CustomAttributeGroup
  is_hierarchical: boolean = false
  default: variable = ""
  config: string!
  core: boolean! = false
  sort: integer = 0
  values: [CustomAttributeValue.configuration_id]
  read_security_roles: [CustomAttributeReader.configuration_id > security_role_id]
  write_security_roles: [CustomAttributeWriter.configuration_id > security_role_id]

CustomAttributeReader | key configuration_id security_role_id | hidden
  configuration_id! => CustomAttributeConfiguration fixed
  security_role_id! => SecurityRole fixed

CustomAttributeWriter | key configuration_id security_role_id | hidden
  configuration_id! => CustomAttributeConfiguration fixed
  security_role_id! => SecurityRole fixed

CustomAttributeValue | key configuration_id entity_id | alias Variable_Value
  configuration_id! => CustomAttributeConfiguration fixed
  entity_id: string! fixed
  value: variable

ContextCustomAttributeValue | key configuration_id entity_id | show configuration_id entity_id key
    | system entity_id key _casted_value project_id | values Context
  configuration_id! -> CustomAttributeConfiguration fixed
  entity_id: string! fixed
  key: string
  value: variable

AssetCustomAttributeValue | key configuration_id entity_id | show configuration_id entity_id key
    | system entity_id key _casted_value project_id | values Asset
  configuration_id! -> CustomAttributeConfiguration fixed
  entity_id: string! fixed
  key: string
  value: variable

AssetVersionCustomAttributeValue | key configuration_id entity_id | show configuration_id entity_id key
    | system entity_id key _casted_value project_id | values AssetVersion
  configuration_id! -> CustomAttributeConfiguration fixed
  entity_id: string! fixed
  key: string
  value: variable

ListCustomAttributeValue | key configuration_id entity_id | show configuration_id entity_id key
    | system entity_id key _casted_value project_id | values List
  configuration_id! -> CustomAttributeConfiguration fixed
  entity_id: string! fixed
  key: string
  value: variable

UserCustomAttributeValue | key configuration_id entity_id | show configuration_id entity_id key
    | system entity_id key _casted_value | values User
  configuration_id! -> CustomAttributeConfiguration fixed
  entity_id: string! fixed
  key: string
  value: variable
"""
