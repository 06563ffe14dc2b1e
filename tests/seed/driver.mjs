// Runs one client for a test. Each line on stdin is a command, `["name", ...arguments]`.
// Each line on stdout is a report:
//   {"done": name, "error": text or null}    a command has ended
//   {"handler": name, "received": argument}  a handler was called
//   {"log": text}                            the client wrote to the console
//
// usage: node driver.mjs COMPILED_CLIENT [OPTIONS_AS_JSON]
// Without options the client is the singleton of getWebSocket(), with the token in TOKEN.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import WebSocket from "ws";

const [compiled, options] = process.argv.slice(2);
const report = (what) => process.stdout.write(JSON.stringify(what) + "\n");

console.log = console.error = (...args) => report({ log: format(...args) });
globalThis.WebSocket = WebSocket; // the same one on every version of Node

const { ShopWebSocket, getWebSocket } = await import(pathToFileURL(compiled));
const client = options
  ? new ShopWebSocket(JSON.parse(options))
  : getWebSocket(process.env.TOKEN);

const handlers = new Map();
const removers = new Map();

const commands = {
  connect: () => client.connect(),
  disconnect: () => client.disconnect(),
  send: (type, payload, id) => client.send(type, payload, id),
  subscribe: (channel) => client.subscribe(channel),
  unsubscribe: (channel) => client.unsubscribe(channel),
  on(type, name) {
    const handler = (received) => report({ handler: name, received });
    handlers.set(name, handler);
    removers.set(name, client.on(type, handler));
  },
  off: (type, name) => client.off(type, handlers.get(name)),
  remove: (name) => removers.get(name)(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line);
  let error = null;
  try {
    await commands[name](...args);
  } catch (thrown) {
    error = format(thrown);
  }
  report({ done: name, error });
}
process.exit(); // the connection would keep the process alive
