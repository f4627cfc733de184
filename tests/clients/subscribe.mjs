// One subscription by a real client: { over: "ws" | "sse", url, query, variables, token, events }.
// Prints each result, then {"done":true}; ends after so many events, or when the server does.
import { createClient as overWebSocket } from "graphql-ws";
import { createClient as overEvents } from "graphql-sse";
import WebSocket from "ws";

const { over, url, query, variables, token, events } = JSON.parse(process.argv[2]);
const tell = (value) => console.log(JSON.stringify(value));
const authorization = token ? { authorization: `Bearer ${token}` } : {};

const client =
  over === "ws"
    ? overWebSocket({
        url: url.replace(/^http/, "ws"),
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        retryAttempts: 0,
      })
    : overEvents({ url, headers: authorization, retryAttempts: 0 });

let left = events;
try {
  for await (const result of client.iterate({ query, variables })) {
    tell(result);
    if (--left === 0) break;
  }
  tell({ done: true });
} catch (error) {
  // Errors of the operation come as a list, those of the connection as one.
  tell({ failed: Array.isArray(error) ? error : String(error?.message ?? error?.reason ?? error) });
}
await client.dispose();
process.exit(0);
