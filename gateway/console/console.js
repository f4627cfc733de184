// The console's own part: GraphiQL with a field for the bearer token, which is kept in this page's
// memory only, never in the browser's storage.
"use strict";

const field = (id) => document.getElementById(id);

/** What a token says about its holder. The gateway verifies it; here it is only shown. */
function holder(token) {
  try {
    const text = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const claims = JSON.parse(text);
    const ends = new Date(claims.exp * 1000);
    const state = ends < new Date() ? "已过期 expired" : `至 until ${ends.toLocaleTimeString()}`;
    return `${claims.role} · ${claims.province ?? ""} · ${state}`;
  } catch {
    return "令牌格式不正确 not a token";
  }
}

function showHolder() {
  const token = field("token").value.trim();
  field("who").textContent = token === "" ? "未登录 not signed in" : holder(token);
}

/** The pieces of a body between separators, as they come. */
async function* pieces(body, separator) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) {
        yield rest;
        return;
      }
      const all = (rest + value).split(separator);
      rest = all.pop();
      yield* all;
    }
  } finally {
    reader.cancel();
  }
}

/** What a subscription tells, as server-sent events. */
async function* events(answer) {
  for await (const event of pieces(answer.body, "\n\n")) {
    const data = event.split("\n").find((line) => line.startsWith("data:"));
    const text = data?.slice("data:".length).trim();
    if (text) yield JSON.parse(text);
  }
}

/** An answer in parts: what is deferred follows. */
async function* parts(answer, boundary) {
  for await (const part of pieces(answer.body, `\r\n--${boundary}`)) {
    const text = part.slice(part.indexOf("\r\n\r\n") + 4).trim();
    if (part.includes("\r\n\r\n") && text) yield JSON.parse(text);
  }
}

function subscribes(request, options) {
  const chosen = (definition) => !request.operationName || definition.name?.value === request.operationName;
  const operations = options?.documentAST?.definitions ?? [];
  return operations.some((definition) => definition.operation === "subscription" && chosen(definition));
}

/** The token typed above, as it is sent. */
function signed() {
  const token = field("token").value.trim();
  return token === "" ? {} : { authorization: `Bearer ${token}` };
}

async function fetcher(request, options) {
  const whole = "application/graphql-response+json, application/json";
  const headers = {
    "content-type": "application/json",
    accept: subscribes(request, options)
      ? "text/event-stream"
      : `multipart/mixed;deferSpec=20220824, ${whole}`,
    ...options?.headers,
    ...signed(),
  };
  for (const name of ["purpose", "case"]) {
    const value = field(name).value.trim();
    if (value !== "") headers[`minzheng-${name}`] = value;
  }
  const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(request) });
  const type = answer.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream")) return events(answer);
  const boundary = /^multipart\/mixed.*boundary="?([^";]+)/.exec(type)?.[1];
  return boundary ? parts(answer, boundary) : answer.json();
}

async function start() {
  field("token").addEventListener("input", showHolder);
  showHolder();
  const first = await fetch("/console/first-query.graphql", { headers: signed() });
  const root = ReactDOM.createRoot(field("graphiql"));
  root.render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: await first.text(),
      defaultEditorToolsVisibility: true,
      shouldPersistHeaders: false,
    }),
  );
}

start();
