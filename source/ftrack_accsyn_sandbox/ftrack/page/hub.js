/* ftrack's two doors as a page uses them: queries by POST, events over socket.io 0.9. */

const CLIENT = "ftrack.client.web";
const REPLY = "ftrack.meta.reply";
const SHOW = "ftrack.action.trigger-user-interface";

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function headersOf(person) {
  return { "ftrack-user": person.username, "ftrack-api-key": person.key };
}

/** All rows of a query; an entity that an answer mentions again stands there only once in full. */
export async function query(person, expression) {
  const answer = await fetch("/api", {
    method: "POST",
    headers: { ...headersOf(person), "content-type": "application/json" },
    body: JSON.stringify([{ action: "query", expression }]),
  });
  const results = await answer.json();
  if (!Array.isArray(results)) throw new Error(results.content);
  const known = new Map();
  const learn = (value) => {
    if (Array.isArray(value)) value.forEach(learn);
    else if (value && typeof value === "object") {
      if (value.__entity_type__ && value.id) known.set(value.id, { ...value, ...known.get(value.id) });
      Object.values(value).forEach(learn);
    }
  };
  learn(results[0].data);
  return results[0].data.map((row) => ({ row, full: (entity) => (entity ? known.get(entity.id) : {}) }));
}

/** One user's connection to the event hub. `onShow` gets what the server side shows later, `onEnd` is told of a cut. */
export class Hub {
  constructor(person, { onShow, onEnd }) {
    this.person = person;
    this.id = newId();
    this.onShow = onShow;
    this.onEnd = onEnd;
    this.number = 0;
    this.accepted = new Map();
    this.replies = new Map();
  }

  async connect() {
    const answer = await fetch("/socket.io/1/", { headers: headersOf(this.person) });
    if (!answer.ok) throw new Error(`The event server lets ${this.person.username} not in (${answer.status}).`);
    const session = (await answer.text()).split(":")[0];
    const address = new URL(`/socket.io/1/websocket/${session}`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onerror = () => reject(new Error("The event server cannot be reached."));
    });
    this.socket.onmessage = (message) => this.receive(message.data);
    this.socket.onclose = () => this.closed || this.onEnd();
    await this.subscribe(REPLY, this.id);
    await this.subscribe(SHOW, newId());
  }

  close() {
    this.closed = true;
    this.socket?.close();
  }

  /** Publish an event and call `onReply` with the data of each reply; returns a function that ends the listening. */
  async ask(topic, data, onReply) {
    const id = newId();
    this.replies.set(id, onReply);
    await this.publish(topic, data, id);
    return () => this.replies.delete(id);
  }

  subscribe(topic, id) {
    const user = { id: this.person.id, username: this.person.username };
    const subscriber = { id, applicationId: CLIENT, user };
    return this.publish("ftrack.meta.subscribe", { subscriber, subscription: `topic=${topic}` }, newId());
  }

  /** Resolves when the server has taken the event. */
  publish(topic, data, id) {
    const user = { id: this.person.id, username: this.person.username };
    const event = { id, topic, data, source: { id: this.id, user }, target: "", sent: null };
    const number = String(++this.number);
    this.socket.send(`5:${number}+::${JSON.stringify({ name: "ftrack.event", args: [event] })}`);
    return new Promise((resolve) => this.accepted.set(number, resolve));
  }

  receive(packet) {
    const [, code, data] = /^(\d):[^:]*:[^:]*:?([^]*)$/.exec(packet) || [];
    if (code === "2") this.socket.send("2:::");
    if (code === "6") {
      const number = data.split("+")[0];
      this.accepted.get(number)?.();
      this.accepted.delete(number);
    }
    if (code === "5") JSON.parse(data).args.forEach((event) => this.hear(event));
  }

  hear(event) {
    if (event.topic === SHOW) this.onShow(event.data);
    if (event.topic === REPLY) this.replies.get(event.inReplyToEvent)?.(event.data);
  }
}
