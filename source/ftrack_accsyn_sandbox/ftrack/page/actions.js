/* The page: who, what, which actions, their forms and messages. */

import { KINDS, LIMIT, find } from "./entities.js";
import { build } from "./form.js";
import { Hub } from "./hub.js";
import { rendered } from "./text.js";

const at = (id) => document.getElementById(id);
const element = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

// Seconds that a discover and a launch are given; ?discover_s=..&launch_s=.. sets others.
const asked = new URLSearchParams(location.search);
const DISCOVER_S = Number(asked.get("discover_s") ?? 5);
const LAUNCH_S = Number(asked.get("launch_s") ?? 30);

const selected = new Map();
const waitingForms = [];
let people = [];
let person = null;
let hub = null;
let entities = [];
let stopAsking = () => {};

// Who

async function become(username) {
  hub?.close();
  person = people.find((each) => each.username === username);
  at("connection").textContent = "Connecting ...";
  selected.clear();
  showSelected();
  showActions([], "Not asked yet.");
  hub = new Hub(person, { onShow: showLater, onEnd: () => lost(username) });
  try {
    await hub.connect();
    at("connection").textContent = `Connected as ${username}.`;
  } catch (error) {
    at("connection").textContent = error.message;
  }
  await list();
}

function lost(username) {
  at("connection").textContent = "The connection was lost; connecting again ...";
  setTimeout(() => person.username === username && become(username), 1000);
}

// What

async function list() {
  try {
    entities = await find(person, at("kind").value);
  } catch (error) {
    entities = [];
    say("Failed", error.message, "bad");
  }
  showEntities();
}

function showEntities() {
  const wanted = at("search").value.trim().toLowerCase();
  const shown = entities.filter((entity) => entity.name.toLowerCase().includes(wanted));
  const more = entities.length === LIMIT ? `, the first ${LIMIT} of its kind` : "";
  at("found").textContent = `Found: ${shown.length}${more}`;
  at("entities").replaceChildren(
    ...shown.map((entity) => {
      const id = `entity-${entity.entityId}`;
      const box = element("input", { type: "checkbox", id, checked: selected.has(entity.entityId) });
      box.addEventListener("change", () => choose(entity, box.checked));
      const row = element("li", { className: "check" });
      row.append(box, element("label", { htmlFor: id, textContent: entity.name }));
      return row;
    }),
  );
}

function choose(entity, isChosen) {
  if (isChosen) selected.set(entity.entityId, entity);
  else selected.delete(entity.entityId);
  showSelected();
}

function showSelected() {
  at("nothing-selected").hidden = selected.size > 0;
  at("selected").replaceChildren(
    ...Array.from(selected.values(), (entity) => {
      const row = element("li");
      const remove = element("button", { type: "button", textContent: "Remove" });
      remove.setAttribute("aria-label", `Remove ${entity.name}`);
      remove.addEventListener("click", () => {
        choose(entity, false);
        showEntities();
      });
      row.append(element("span", { textContent: `${entity.name} (${entity.entityType})` }), remove);
      return row;
    }),
  );
}

const selection = () => Array.from(selected.values(), ({ entityId, entityType }) => ({ entityId, entityType }));

// Which actions

async function discover() {
  stopAsking();
  const found = [];
  const chosen = selection();
  showActions([], "Asking ...");
  const data = { selection: chosen, groupers: [], filters: [], sorters: [{ direction: "ASC", property: "label", root: "data" }] };
  const show = () => {
    found.sort((one, other) => String(one.label).localeCompare(String(other.label)));
    showActions(found, `${found.length} found.`, chosen);
  };
  const end = await hub.ask("ftrack.action.discover", data, (answer) => {
    if (!Array.isArray(answer?.items)) return;
    found.push(...answer.items);
    show();
  });
  const timer = setTimeout(() => {
    end();
    if (!found.length) showActions([], `No action answered within ${DISCOVER_S} s.`);
  }, DISCOVER_S * 1000);
  stopAsking = () => {
    clearTimeout(timer);
    end();
  };
}

function showActions(items, text, chosen = []) {
  at("asked").textContent = text;
  at("actions").replaceChildren(
    ...items.map((item) => {
      const row = element("li");
      const name = [item.label, item.variant].filter(Boolean).join(" - ");
      const button = element("button", { type: "button", textContent: name });
      button.dataset.action = item.actionIdentifier;
      button.addEventListener("click", () => launch(item, chosen, undefined, button));
      if (/^(https?:|data:image\/|\/)/.test(item.icon ?? "")) row.append(element("img", { src: item.icon, alt: "" }));
      row.append(button);
      if (item.description) row.append(element("p", { className: "quiet", textContent: item.description }));
      return row;
    }),
  );
}

// What they answer

async function launch(item, chosen, values, button) {
  const data = values === undefined ? { ...item, selection: chosen } : { ...item, selection: chosen, values };
  if (button) button.disabled = true;
  const reply = await firstReply(data);
  if (button) button.disabled = false;
  if (reply === undefined) say("No reply", `${item.label ?? item.actionIdentifier} did not reply within ${LAUNCH_S} s.`, "bad");
  else answer(reply, item, chosen);
}

function firstReply(data) {
  return new Promise((resolve) => {
    let end = () => {};
    const timer = setTimeout(() => finish(undefined), LAUNCH_S * 1000);
    const finish = (reply) => {
      clearTimeout(timer);
      end();
      resolve(reply);
    };
    hub.ask("ftrack.action.launch", data, (reply) => finish(reply ?? null)).then((ending) => (end = ending));
  });
}

function answer(reply, item, chosen) {
  if (Array.isArray(reply?.items)) openForm(reply, item, chosen);
  else if (reply?.url) say("Page", `${reply.message ?? ""}\n${reply.url}`, "good");
  else if (reply && typeof reply === "object" && "success" in reply) say(reply.success ? "Done" : "Failed", reply.message ?? "", reply.success ? "good" : "bad");
  else say("Answer", JSON.stringify(reply), "");
}

function say(title, text, kind) {
  const row = element("li", { className: kind });
  row.append(element("strong", { textContent: `${title} (${new Date().toLocaleTimeString()})` }), rendered(text));
  at("messages").prepend(row);
}

/** What `ftrack.action.trigger-user-interface` brings, at any time. */
function showLater(data) {
  const { type, items, title, submit_button_label, ...item } = data;
  answer(data, item, data.selection ?? []);
}

// Forms

function openForm(form, item, chosen) {
  if (at("form").open) {
    waitingForms.push([form, item, chosen]);
    return;
  }
  at("form-title").textContent = form.title || item.label || "";
  at("submit").textContent = form.submit_button_label || "Submit";
  const read = build(at("items"), form.items);
  at("fields").onsubmit = (event) => {
    event.preventDefault();
    const values = read();
    at("form").close();
    launch(item, chosen, values);
  };
  at("form").showModal();
}

function closeForm() {
  at("form").close();
}

at("form").addEventListener("close", () => waitingForms.length && openForm(...waitingForms.shift()));
at("close").addEventListener("click", closeForm);
at("discover").addEventListener("click", discover);
at("search").addEventListener("input", showEntities);
at("kind").addEventListener("change", list);
at("user").addEventListener("change", () => become(at("user").value));

async function begin() {
  people = await (await fetch("/actions/people")).json();
  at("user").replaceChildren(...people.map(({ username, name }) => new Option(name ? `${username} (${name})` : username, username)));
  at("kind").replaceChildren(...Object.keys(KINDS).map((kind) => new Option(kind, kind)));
  at("kind").value = "Shots";
  if (people.length) await become(people[0].username);
}

begin();
