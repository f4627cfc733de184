// The console's door where not every role may come in. A page that a browser opens by its address brings no token;
// this one asks for it, fetches the console with it, and becomes the console. The token stays in this page's memory:
// there is no cookie, nothing is stored, and the form itself is never sent.
"use strict";
{
  const form = document.querySelector("form");
  const said = document.getElementById("said");

  /** A part of the console, for who may have it; else the gateway's own words. */
  const part = async (path, authorization) => {
    const answer = await fetch(path, { headers: { authorization }, cache: "no-store" });
    if (answer.ok) return answer.text();
    const told = (await answer.json()).errors[0];
    throw new Error(`${told.extensions.messageZh} ${told.message} (${told.extensions.code})`);
  };

  const enter = async (token) => {
    const authorization = `Bearer ${token}`;
    const page = new DOMParser().parseFromString(await part("/console", authorization), "text/html");
    for (const link of [...page.querySelectorAll("link[rel=stylesheet]")]) {
      const style = page.createElement("style");
      style.textContent = await part(link.getAttribute("href"), authorization);
      link.replaceWith(style);
    }
    const scripts = [];
    for (const script of [...page.scripts]) {
      scripts.push(await part(script.getAttribute("src"), authorization));
      script.remove();
    }
    document.title = page.title;
    document.head.replaceChildren(...page.head.children);
    document.body.replaceChildren(...page.body.childNodes);
    document.getElementById("token").value = token;
    for (const text of scripts) {
      // The page's policy knows each of them by its hash.
      const script = document.createElement("script");
      script.textContent = text;
      document.body.append(script);
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = "";
    const token = document.getElementById("token").value.trim();
    enter(token).catch((refused) => {
      said.textContent = refused.message;
    });
  });
}
