/* What can be selected: the kinds of entities, how they are asked for, and what an event calls them. */

import { query } from "./hub.js";

/** As many of a kind as the page lists. */
export const LIMIT = 300;

const path = (link) => (link ?? []).map((part) => part.name).join(" / ");
const context = (type) => ({ entityType: "task", expression: `select id, link from ${type}`, name: ({ row }) => path(row.link) });
const ofProject = (type, entityType) => ({
  entityType,
  expression: `select id, name, project.name from ${type}`,
  name: ({ row, full }) => `${full(row.project).name} / ${row.name}`,
});

export const KINDS = {
  Projects: { entityType: "show", expression: "select id, name from Project", name: ({ row }) => row.name },
  Episodes: context("Episode"),
  Sequences: context("Sequence"),
  Shots: context("Shot"),
  "Asset builds": context("AssetBuild"),
  Folders: context("Folder"),
  Tasks: context("Task"),
  Versions: { entityType: "assetversion", expression: "select id, link from AssetVersion", name: ({ row }) => path(row.link) },
  Lists: ofProject("List", "list"),
  "Review sessions": ofProject("ReviewSession", "reviewsession"),
  Components: {
    entityType: "Component",
    expression: "select id, name, version.link from Component where version_id is_not none",
    name: ({ row, full }) => `${path(full(row.version).link)} / ${row.name}`,
  },
  Users: { entityType: "user", expression: "select id, username from User", name: ({ row }) => row.username },
};

/** Entities of a kind as the person sees them: {entityId, entityType, name}, by name. */
export async function find(person, kind) {
  const { entityType, expression, name } = KINDS[kind];
  const rows = await query(person, `${expression} order by id limit ${LIMIT}`);
  const found = rows.map((each) => ({ entityId: each.row.id, entityType, name: name(each) }));
  return found.sort((one, other) => one.name.localeCompare(other.name));
}
