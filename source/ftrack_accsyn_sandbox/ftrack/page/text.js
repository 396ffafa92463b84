/* Labels of forms: Markdown and HTML mixed, of both a small part; whatever else stands there is shown as text. */

const TAGS = new Set(["A", "B", "BR", "CODE", "EM", "FONT", "H1", "H2", "H3", "H4", "HR", "I", "LI", "OL", "P", "PRE", "SPAN", "STRONG", "U", "UL"]);

/** A fragment with what *text* says; nothing in it runs or loads. */
export function rendered(text) {
  const parsed = new DOMParser().parseFromString(withoutHandlers(toHtml(String(text ?? ""))), "text/html");
  const fragment = document.createDocumentFragment();
  copyChildren(parsed.body, fragment);
  return fragment;
}

/** Nothing would run them, but browsers complain of each that they are shown. */
const withoutHandlers = (html) => html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'/])on(?=\w+\s*=)/gi, "$1data-on"));

function toHtml(text) {
  return text
    .split("\n")
    .map((line) => {
      const heading = /^(#{1,4})\s+(.*?)\s*#*\s*$/.exec(line);
      // The dialog's own title is a heading of the second level.
      const level = heading?.[1].length > 2 ? "h4" : "h3";
      if (heading) return `<${level}>${bold(heading[2])}</${level}>`;
      if (/^\s*-{3,}\s*$/.test(line)) return "<hr>";
      return `${bold(line)}<br>`;
    })
    .join("")
    .replace(/<br>$/, "");
}

const bold = (line) => line.replace(/\*\*(.+?)\*\*/g, "<b>$1</b>");

function copyChildren(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType !== Node.ELEMENT_NODE || ["SCRIPT", "STYLE"].includes(node.tagName)) continue;
    else if (TAGS.has(node.tagName)) to.append(copyOf(node));
    else copyChildren(node, to);
  }
}

function copyOf(node) {
  const copy = document.createElement(node.tagName);
  const address = node.getAttribute("href") ?? "";
  if (node.tagName === "A" && /^https?:/.test(address)) Object.assign(copy, { href: address, target: "_blank", rel: "noreferrer" });
  if (node.tagName === "FONT" && /^#?\w+$/.test(node.getAttribute("color") ?? "")) copy.style.color = node.getAttribute("color");
  copyChildren(node, copy);
  return copy;
}
