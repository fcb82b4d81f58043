// Shows openapi.json as a page. Everything is set as text, nothing as markup.

/** Make an element; strings among the children become text. */
function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Make a paragraph in which `code` is shown as such. */
function prose(name, text) {
  const parts = text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
  return el(name, {}, ...parts);
}

let schemas = {};

function resolve(schema) {
  return schema?.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema;
}

/** The alternatives of a schema that are not null. */
function choices(schema) {
  return (schema?.anyOf ?? [schema]).filter((choice) => choice?.type !== "null");
}

/** The name of the model that a schema is, or is a list of. */
function modelOf(schema) {
  const own = choices(schema).map((choice) => choice?.$ref ?? choice?.items?.$ref);
  return own.find(Boolean)?.split("/").at(-1);
}

function typeOf(schema) {
  const names = choices(schema).map((choice) => {
    if (choice?.$ref) return choice.$ref.split("/").at(-1);
    if (choice?.type === "array") return `${typeOf(choice.items)}[]`;
    if (choice?.type === "object" && choice.additionalProperties?.type) {
      return `{${typeOf(choice.propertyNames ?? { type: "string" })}: ${typeOf(choice.additionalProperties)}}`;
    }
    return choice?.format ?? choice?.type ?? "any";
  });
  const isNullable = (schema?.anyOf ?? []).some((choice) => choice.type === "null");
  return names.join(" | ") + (isNullable ? " | null" : "");
}

/** What a value may be, in words. */
function limits(schema) {
  const said = [];
  for (const choice of choices(schema)) {
    const plain = resolve(choice) ?? {};
    const items = resolve(plain.items) ?? {};
    if (plain.enum ?? items.enum) said.push(`one of ${(plain.enum ?? items.enum).join(", ")}`);
    if (plain.exclusiveMinimum !== undefined) said.push(`more than ${plain.exclusiveMinimum}`);
    if (plain.minimum !== undefined) said.push(`at least ${plain.minimum}`);
    if (plain.maximum !== undefined) said.push(`at most ${plain.maximum}`);
    if (plain.maxLength !== undefined) said.push(`at most ${plain.maxLength} characters`);
    if (plain.maxItems !== undefined) said.push(`at most ${plain.maxItems} entries`);
  }
  if (schema?.default !== undefined && schema.default !== null && String(schema.default)) {
    said.push(`default: ${JSON.stringify(schema.default)}`);
  }
  const text = said.join("; ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function entry(name, schema, isNeeded, text) {
  const about = [schema?.description ?? text, limits(schema)].filter(Boolean).join(" ");
  const model = modelOf(schema);
  const type = el("span", { class: "type" }, model ? el("a", { href: `#schema-${model}` }, typeOf(schema)) : typeOf(schema));
  const title = el("dt", {}, name, " ", type);
  if (isNeeded) title.append(" ", el("span", { class: "needed" }, "required"));
  return el("div", {}, title, about ? prose("dd", about) : null);
}

/** The fields of a model; with `isDeep` those of the models in it as well. */
function fields(schema, isDeep) {
  const plain = resolve(schema);
  if (plain?.enum) return el("p", {}, el("code", {}, plain.enum.join(" | ")));
  const needed = new Set(plain?.required ?? []);
  return el(
    "dl",
    {},
    ...Object.entries(plain?.properties ?? {}).map(([name, field]) => {
      const shown = entry(name, field, needed.has(name));
      const inner = schemas[modelOf(field)];
      if (isDeep && inner?.properties) shown.append(fields(inner, true));
      return shown;
    }),
  );
}

/** A body that would be accepted: the examples that the description gives. */
function sample(schema) {
  if (schema.examples) return schema.examples[0];
  const plain = resolve(choices(schema)[0]) ?? {};
  if (plain.type === "array") return plain.items?.$ref ? [sample(plain.items)] : undefined;
  if (!plain.properties) return undefined;
  const filled = Object.entries(plain.properties).map(([name, field]) => [name, sample(field)]);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}

/** JSON with its strings and numbers marked. */
function coloured(text) {
  const pieces = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\b\d+(?:\.\d+)?\b)/);
  return pieces.map((piece, index) => {
    if (index % 2 === 0) return piece;
    const kind = piece.endsWith(":") ? "key" : piece.startsWith('"') ? "string" : "number";
    return el("span", { class: kind }, piece);
  });
}

function block(title, text, isJson) {
  const button = el("button", { class: "copy", type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return [el("h4", {}, title, button), el("pre", {}, ...(isJson ? coloured(text) : [text]))];
}

function curl(method, path, operation, body) {
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${location.origin}${path}`];
  if (operation.security?.length) lines.push('-H "Authorization: Bearer $RUSHES_KEY"');
  if (method !== "GET") lines.push('-H "Idempotency-Key: $(uuidgen)"');
  if (body) lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(body)}'`);
  return lines.join(" \\\n  ");
}

function pathParts(path) {
  return path.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? el("span", { class: "part" }, part) : part));
}

function badge(method) {
  return el("span", { class: `method ${method.toLowerCase()}` }, method);
}

function parameters(operation) {
  const all = operation.parameters ?? [];
  if (!all.length) return [];
  const list = all.map((one) => entry(one.name, one.schema, one.required, one.description));
  return [el("h4", {}, "Parameters"), el("dl", {}, ...list)];
}

function answers(operation) {
  const found = Object.entries(operation.responses).filter(([status]) => status !== "default");
  const list = found.map(([status, response]) => {
    const schema = response.content?.["application/json"]?.schema;
    const name = schema?.$ref?.split("/").at(-1);
    return el("li", {}, `${status} `, name ? el("a", { href: `#schema-${name}` }, name) : response.description);
  });
  const own = (operation["x-codes"] ?? []).map((code) => el("li", {}, el("a", { href: `#code-${code}` }, code)));
  const parts = [el("h4", {}, "Answers"), el("ul", { class: "statuses" }, ...list)];
  if (own.length) parts.push(el("h4", {}, "Refusals of its own"), el("ul", { class: "statuses" }, ...own));
  return parts;
}

function card(method, path, operation) {
  const schema = operation.requestBody?.content["application/json"].schema;
  const body = schema ? sample(schema) : undefined;
  const asked = schema ? [el("h4", {}, "Body"), fields(schema, true)] : [];
  const shown = body ? block("Example", JSON.stringify(body, null, 2), true) : [];
  const line = el("div", { class: "path" }, badge(method), el("span", {}, ...pathParts(path)));
  line.append(el("span", { class: "badge" }, operation["x-scope"] ? `key: ${operation["x-scope"]}` : "no key"));
  return el(
    "article",
    { id: operation.operationId, "data-words": `${method} ${path} ${operation.summary}`.toLowerCase() },
    el("h3", {}, operation.summary),
    line,
    operation.description ? prose("p", operation.description) : null,
    el(
      "div",
      { class: "columns" },
      el("div", {}, ...parameters(operation), ...asked),
      el("div", {}, ...shown, ...block("Call", curl(method, path, operation, body), false), ...answers(operation)),
    ),
  );
}

function link(href, words, ...children) {
  return el("li", { "data-words": words.toLowerCase() }, el("a", { href }, ...children));
}

function group(title, cards, links) {
  document.getElementById("contents").append(el("section", {}, el("h2", {}, title), el("ul", {}, ...links)));
  document.getElementById("content").append(el("section", {}, el("h2", {}, title), ...cards));
}

function show(description) {
  schemas = description.components.schemas;
  const main = document.getElementById("content");
  main.replaceChildren(el("h1", {}, `${description.info.title} API`), prose("p", description.info.description));
  document.getElementById("version").textContent = description.info.version;
  const operations = Object.entries(description.paths)
    // What this page itself is made of is nothing to call.
    .filter(([path]) => !path.startsWith("/docs/"))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation]),
    );
  for (const { name } of description.tags) {
    const own = operations.filter(([, , operation]) => operation.tags.includes(name));
    group(
      name,
      own.map((one) => card(...one)),
      own.map(([method, path, operation]) =>
        link(`#${operation.operationId}`, `${method} ${path} ${operation.summary}`, badge(method), operation.summary),
      ),
    );
  }
  const codes = Object.entries(description["x-problem-codes"]);
  const problems = codes.map(([code, text]) => el("div", { id: `code-${code}` }, el("dt", {}, code), el("dd", {}, text)));
  group("Problem codes", [el("article", {}, el("dl", {}, ...problems))], [link("#code-invalid_request", "problem codes errors", "All codes")]);
  const models = Object.entries(schemas);
  group(
    "Models",
    models.map(([name, schema]) =>
      el(
        "article",
        { id: `schema-${name}`, "data-words": name.toLowerCase() },
        el("h3", {}, name),
        schema.description ? el("p", {}, schema.description) : null,
        fields(schema),
      ),
    ),
    models.map(([name]) => link(`#schema-${name}`, name, name)),
  );
}

function filter(words) {
  for (const part of document.querySelectorAll("[data-words]")) {
    part.hidden = !words.every((word) => part.dataset.words.includes(word));
  }
}

async function start() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`openapi.json was answered with ${answer.status}`);
  show(await answer.json());
  const input = document.getElementById("filter");
  input.addEventListener("input", () => filter(input.value.toLowerCase().split(/\s+/).filter(Boolean)));
  // The browser looked for the target before there was one.
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  target?.scrollIntoView({ behavior: "instant" });
  target?.classList.add("target");
}

start().catch((error) => {
  document.getElementById("message").textContent = `The description cannot be shown: ${error.message}`;
});
