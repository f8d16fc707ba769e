"use strict";

const byId = (id) => document.getElementById(id);

// Descriptions are Markdown with no more than code marks in it.
function plain(text) {
  return text.replaceAll("`", "");
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = plain(text);
  made.className = className;
  return made;
}

function resolve(api, schema) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((part, step) => part[step], api);
}

function typeOf(api, schema) {
  const found = resolve(api, schema);
  const branches = found.anyOf ?? found.oneOf;
  if (branches) return branches.map((branch) => typeOf(api, branch)).join(" | ");
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.type === "array") return `[${typeOf(api, found.items)}]`;
  if (schema?.$ref) return found.title;
  return found.type ?? "any";
}

function limitsOf(schema) {
  const names = { minimum: "≥", maximum: "≤", minItems: "at least", maxItems: "at most" };
  const limits = Object.entries(names)
    .filter(([name]) => schema[name] !== undefined)
    .map(([name, sign]) => `${sign} ${schema[name]}`);
  if (schema.default !== undefined && schema.default !== null) {
    limits.push(`default ${JSON.stringify(schema.default)}`);
  }
  return limits.join(", ");
}

function row(api, name, schema, required, note) {
  const line = document.createElement("tr");
  const title = document.createElement("td");
  title.append(element("code", name), required ? element("span", " required", "required") : "");
  const description = [schema.description ?? note ?? "", limitsOf(schema)].filter(Boolean);
  line.append(title, element("td", typeOf(api, schema)), element("td", description.join(" · ")));
  return line;
}

function schemaTables(api, schema, into) {
  const found = resolve(api, schema);
  const branches = found.anyOf ?? found.oneOf;
  if (branches) {
    branches.forEach((branch) => schemaTables(api, branch, into));
    return;
  }
  if (!found.properties) return;
  into.append(element("p", `${found.title}: ${found.description ?? ""}`));
  const table = document.createElement("table");
  for (const [name, part] of Object.entries(found.properties)) {
    table.append(row(api, name, part, found.required?.includes(name)));
  }
  into.append(table);
}

function example(api, schema) {
  const found = resolve(api, schema);
  const shape = found.oneOf ? resolve(api, found.oneOf[0]) : found;
  const parts = Object.entries(shape.properties ?? {})
    .filter(([name, part]) => part.examples || shape.required?.includes(name))
    .map(([name, part]) => [name, part.examples?.[0] ?? (name === "entries" ? [] : "")]);
  return JSON.stringify(Object.fromEntries(parts), null, 2);
}

function addresses(path, fields) {
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const field of fields.querySelectorAll("input")) {
    if (field.dataset.place === "path") {
      address = address.replace(`{${field.name}}`, encodeURIComponent(field.value));
    } else if (field.value && field.dataset.place === "query") {
      query.set(field.name, field.value);
    } else if (field.value) {
      headers[field.name] = field.value;
    }
  }
  return { address: query.size ? `${address}?${query}` : address, headers };
}

async function send(method, path, mediaType, form) {
  const { address, headers } = addresses(path, form.querySelector(".fields"));
  const key = byId("key").value.trim();
  if (key) headers["X-API-Key"] = key;
  const options = { method, headers };
  if (mediaType) {
    headers["Content-Type"] = mediaType;
    options.body = form.querySelector(".payload").value;
  }
  const answer = await fetch(address, options);
  const text = await answer.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* lines of JSON stay as they are */ }
  form.querySelector(".result").textContent = `${answer.status} ${answer.statusText}\n${shown}`;
}

function parameterFields(api, operation, card) {
  const table = card.querySelector(".parameters tbody");
  const fields = card.querySelector(".fields");
  for (const parameter of operation.parameters ?? []) {
    const note = parameter.description ?? parameter.in;
    table.append(row(api, parameter.name, parameter.schema, parameter.required, note));
    const label = element("label", `${parameter.name} `);
    const field = document.createElement("input");
    field.name = parameter.name;
    field.dataset.place = parameter.in;
    if (parameter.name === "namespace") field.value = "default";
    label.append(field);
    fields.append(label);
  }
}

function answersOf(api, operation, into) {
  for (const [status, answer] of Object.entries(operation.responses)) {
    into.append(element("p", `${status}: ${answer.description}`));
    for (const content of Object.values(answer.content ?? {})) schemaTables(api, content.schema, into);
  }
}

function operationCard(api, path, method, operation) {
  const card = byId("operation").content.cloneNode(true);
  card.querySelector(".method").textContent = method.toUpperCase();
  card.querySelector(".path").textContent = path;
  card.querySelector(".title").textContent = operation.summary;
  card.querySelector(".text").textContent = plain(operation.description ?? "");
  parameterFields(api, operation, card);
  answersOf(api, operation, card.querySelector(".answers"));
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (content) {
    schemaTables(api, content.schema, card.querySelector(".body"));
    card.querySelector(".payload").value = example(api, content.schema);
  } else {
    card.querySelector(".body-title").remove();
    card.querySelector(".payload").remove();
  }
  const form = card.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(method.toUpperCase(), path, mediaType, form);
  });
  return card;
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  byId("description").textContent = `${plain(api.info.description)}\n\nVersion ${api.info.version}`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const group = operation.tags[0];
      if (!groups.has(group)) groups.set(group, [element("h2", group)]);
      groups.get(group).push(operationCard(api, path, method, operation));
    }
  }
  for (const parts of groups.values()) byId("operations").append(...parts);
}

show();
