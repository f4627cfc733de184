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

async function fetcher(request, options) {
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json",
    ...options?.headers,
  };
  const token = field("token").value.trim();
  if (token !== "") headers.authorization = `Bearer ${token}`;
  for (const name of ["purpose", "case"]) {
    const value = field(name).value.trim();
    if (value !== "") headers[`minzheng-${name}`] = value;
  }
  const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(request) });
  return answer.json();
}

async function start() {
  field("token").addEventListener("input", showHolder);
  const first = await fetch("/console/first-query.graphql");
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
