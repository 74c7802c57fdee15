// Python in a worker: is handed the files of Pyodide, starts it, and passes requests on to
// gmmlib.playground. No file is fetched here: what Python asks for comes from these bytes, and
// everything else is refused, so that nothing can leave the machine from here.
// Messages in: {files, packages, module}, then {id, request}. Out: {stage}, {ready, module},
// {failed}, {id, progress}, {id, answer}. Requests and answers are JSON text.
"use strict";

const OFTEN = 80; // milliseconds between two words on progress
let ask = null;

const say = (stage) => postMessage({ stage });

const moduleFrom = async (bytes) => {
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
};

// Pyodide asks for its files by address; each is answered from memory.
function serve(files, base) {
  const types = { wasm: "application/wasm", json: "application/json" };
  globalThis.fetch = async (wish) => {
    const url = String(wish.url ?? wish);
    const name = url.startsWith(base) ? decodeURIComponent(url.slice(base.length)) : null;
    if (!files.has(name)) throw new TypeError(`nothing is fetched from here: ${url}`);
    const type = types[name.split(".").pop()] ?? "application/octet-stream";
    return new Response(files.get(name), { headers: { "Content-Type": type } });
  };
}

async function start({ files: given, packages, module }) {
  const files = new Map(Object.entries(given));
  const base = "https://in-memory.invalid/";
  serve(files, base);
  say("starting Python");
  // compiled here and not by Pyodide, which would wait for ever where it cannot be compiled
  module ??= await WebAssembly.compile(files.get("pyodide.asm.wasm"));
  WebAssembly.instantiateStreaming = async (response, imports) =>
    ({ module, instance: await WebAssembly.instantiate(module, imports) });
  const { loadPyodide } = await moduleFrom(files.get("pyodide.mjs"));
  const { default: createPyodideModule } = await moduleFrom(files.get("pyodide.asm.mjs"));
  const text = (name) => new TextDecoder().decode(files.get(name));
  const pyodide = await loadPyodide({
    indexURL: base,
    packageBaseUrl: base,
    lockFileContents: text("pyodide-lock.json"),
    createPyodideModule,
    stdout: () => {},
    stderr: () => {},
  });
  say("importing NumPy");
  await pyodide.loadPackage(packages, { messageCallback: () => {}, errorCallback: console.warn });
  for (const [name, bytes] of files) {
    if (name.startsWith("gmmlib-")) pyodide.unpackArchive(bytes, "wheel");
  }
  files.clear();
  pyodide.runPython("import numpy");
  say("importing gmmlib");
  ask = pyodide.runPython("from gmmlib.playground import Playground; Playground().ask_text");
  postMessage({ ready: true, module });
}

function answer({ id, request }) {
  let last = 0;
  const progress = (told) => {
    const now = performance.now();
    if (now - last < OFTEN) return;
    last = now;
    postMessage({ id, progress: told });
  };
  postMessage({ id, answer: ask(request, progress) });
}

onmessage = async ({ data }) => {
  try {
    if (data.files) await start(data);
    else answer(data);
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error), kind: error?.name, id: data.id });
  }
};
