/* The fields of an action's form, and what they give back when it is submitted. */

import { rendered } from "./text.js";

const element = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

/** Fills *container* with the items of a form; returns a function that gives its `values`. */
export function build(container, items) {
  container.replaceChildren();
  const readers = [];
  items.forEach((item, index) => {
    const made = item.type === "hidden" ? { read: () => item.value ?? null } : field(item, `field-${index}`);
    if (made.node) container.append(made.node);
    if (made.read && item.name) readers.push([item.name, made.read]);
  });
  return () => collected(readers);
}

/** Two fields of one name give a list, in their order. */
function collected(readers) {
  const values = {};
  for (const [name, read] of readers) {
    const isRepeated = readers.filter(([other]) => other === name).length > 1;
    if (isRepeated) (values[name] ??= []).push(read());
    else values[name] = read();
  }
  return values;
}

function field(item, id) {
  if (item.type === "label") return label(item);
  if (item.type === "boolean") return check(item, id);
  if (item.type === "enumerator") return choice(item, id);
  const control = item.type === "textarea" ? element("textarea", { rows: 4 }) : element("input", { type: kindOf(item) });
  if (item.type === "number") control.step = "any";
  control.value = item.value ?? "";
  control.placeholder = item.empty_text ?? "";
  const read = {
    number: () => (control.value === "" ? null : Number(control.value)),
    date: () => control.value || null,
  }[item.type];
  return { node: labelled(item, control, id), read: read ?? (() => control.value) };
}

const kindOf = (item) => ({ number: "number", date: "date" })[item.type] ?? "text";

function label(item) {
  const node = element("div", { className: "label" });
  node.append(rendered(item.value));
  return { node };
}

function check(item, id) {
  const control = element("input", { type: "checkbox", id, name: item.name, checked: Boolean(item.value) });
  const node = element("p", { className: "check" });
  const text = element("label", { htmlFor: id });
  text.append(rendered(item.label ?? item.name));
  node.append(control, text);
  return { node, read: () => control.checked };
}

function choice(item, id) {
  const options = item.data ?? [];
  const control = element("select", { multiple: Boolean(item.multi_select) });
  const chosen = control.multiple ? listed(item.value) : [item.value ?? null];
  const isOffered = (value) => options.some((option) => (option.value ?? null) === value);
  if (!control.multiple && !isOffered(chosen[0])) control.append(element("option", { value: "", textContent: "-" }));
  options.forEach((option, index) => {
    const selected = chosen.includes(option.value ?? null);
    control.append(element("option", { value: String(index), textContent: option.label ?? option.value, selected }));
  });
  const read = () => {
    const values = Array.from(control.selectedOptions, (option) => (option.value === "" ? null : options[option.value].value));
    return control.multiple ? values : (values[0] ?? null);
  };
  return { node: labelled(item, control, id), read };
}

/** The value of a field of many choices: a list, or the JSON text of one. */
function listed(value) {
  if (Array.isArray(value)) return value;
  try {
    return value ? [].concat(JSON.parse(value)) : [];
  } catch {
    return [value];
  }
}

function labelled(item, control, id) {
  Object.assign(control, { id, name: item.name });
  const node = element("p", { className: "field" });
  const text = element("label", { htmlFor: id });
  text.append(rendered(item.label ?? item.name));
  node.append(text, control);
  return node;
}
