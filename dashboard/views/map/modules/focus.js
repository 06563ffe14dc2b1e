// What is looked at: one subscriber, channel or publisher; the rest is dimmed.  Pure.
//
// A focus is {person} (a number), {lane} or {publisher} (keys); its name is what the URL keeps.

export class Focus {
  constructor(model) {
    this.model = model;
    this.target = null; // chosen, or asked for by the URL
    this.pointed = null; // under the pointer or the keyboard's cursor
    this.name = "";
  }

  get current() {
    return this.target ?? this.pointed;
  }

  // How visible the rest is.
  get dimmed() {
    return this.target ? 0.1 : 0.22;
  }

  // Look at what a name stands for, now or as soon as it is there.
  setName(name) {
    this.name = name;
    this.target = this.find(name);
  }

  resolve() {
    if (this.name && !this.target) this.target = this.find(this.name);
  }

  find(name) {
    const [kind, ...rest] = name.split(":");
    const key = rest.join(":");
    if (kind === "from") return { publisher: key };
    if (kind === "user" && key !== "+" && key !== "…") {
      const person = this.model.personOf(key);
      return person ? { person: person.id } : null;
    }
    return name && this.model.lanes().some((lane) => lane.key === name) ? { lane: name } : null;
  }

  nameOf(target) {
    if (!target) return "";
    if (target.person) return `user:${this.model.people.get(target.person)?.user ?? ""}`;
    return target.lane ?? `from:${target.publisher}`;
  }

  // Whether a message belongs to a target.
  matches(message, target = this.target) {
    if (!target || !message) return true;
    if (target.person) {
      const { id, kind } = message.channel;
      const isReceived = this.model.people.get(target.person)?.channels.has(id);
      return isReceived || message.sender === target.person || kind === "everyone";
    }
    if (target.lane) return message.to === target.lane || message.channel.kind === target.lane;
    return message.from === target.publisher;
  }

  // Whether a path, from a publisher to a lane or from a lane to a person, belongs to it.
  matchesPath(from, to, target = this.current) {
    if (!target) return true;
    if (target.person) {
      return to === target.person || (typeof to === "string" && this.receives(target.person, to));
    }
    if (target.lane) return from === target.lane || to === target.lane;
    return from === target.publisher;
  }

  matchesPublisher(key, target = this.current) {
    if (!target || target.publisher === key) return true;
    for (const { from, to } of this.model.edges.values()) {
      if (from === key && this.matchesPath(from, to, target)) return true;
    }
    return false;
  }

  matchesLane(key, target = this.current) {
    if (!target || target.lane === key) return true;
    if (target.person) return this.receives(target.person, key);
    return Boolean(target.publisher) && this.model.edges.has(`${target.publisher}>${key}`);
  }

  matchesPerson(id, target = this.current) {
    if (!target || target.publisher) return true;
    return target.person ? target.person === id : this.receives(id, target.lane);
  }

  // On a phone a lane is a kind of channels.
  receives(id, lane) {
    const { model } = this;
    return model.laneSubscribers(lane).has(id) || model.kindSubscribers(lane).has(id);
  }
}
