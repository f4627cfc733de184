// Memory of idle subscriptions: { url, pid, connections, each, query, variables, warm }.
// Opens `connections` WebSocket connections with `each` subscriptions, waits until the process is at
// rest, and prints how its resident memory has grown for each subscription.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

const { url, pid, connections, each, query, variables } = JSON.parse(process.argv[2]);
const asked = query ?? "subscription { placeChanged { cursor change { seq division { id } } } }";
const resident = () => {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB/m);
  return Number(line[1]);
};

function open(subscriptions) {
  return new Promise((opened, failed) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), "graphql-transport-ws");
    socket.on("error", failed);
    socket.on("open", () => socket.send('{"type":"connection_init"}'));
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (message.type === "error") failed(new Error(JSON.stringify(message.payload)));
      if (message.type === "connection_ack") {
        for (let id = 0; id < subscriptions; id++) {
          const payload = { query: asked, variables };
          socket.send(JSON.stringify({ type: "subscribe", id: String(id), payload }));
        }
        // Answered after what was said before it has been read.
        socket.send('{"type":"ping"}');
      }
      if (message.type === "pong") opened(socket);
    });
  });
}

async function openAll(count, subscriptions) {
  const sockets = [];
  while (sockets.length < count) {
    const batch = Math.min(50, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => open(subscriptions)))));
  }
  await pause(3000);
  return sockets;
}

// What is made once, and what the allocator keeps, does not count.
const warm = await openAll(10, 10);
const before = resident();
const sockets = await openAll(connections, each);
const after = resident();
const subscriptions = connections * each;
console.log(
  JSON.stringify({
    subscriptions,
    connections,
    before_kib: before,
    after_kib: after,
    kib_each: Number(((after - before) / subscriptions).toFixed(2)),
  }),
);
for (const socket of [...warm, ...sockets]) socket.terminate();
process.exit(0);
