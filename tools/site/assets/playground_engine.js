// Real gmmlib on the reader's machine: fetches Python for the browser, checks every file's sum,
// keeps them in the browser's cache, and runs gmmlib.playground in a worker, so that the page stays
// alive whatever is computed.
//
//   const engine = makeEngine({ base, manifest, onprogress });
//   await engine.start({ signal });          fetches, starts Python
//   await engine.ask(request, { onprogress, signal });
//   engine.stop();
//
// base: the site's root.  manifest: what tools/site/playground_files.py wrote.  onprogress is told
// {stage, file, loaded, total}.  An error has `words` for the reader; one that comes of a signal is
// called AbortError.  A request that is cancelled ends the worker; a new one is started from what
// is here already, and brought to where the reader was.
(() => {
  "use strict";

  const SLOW = "Close other tabs, or take fewer points, and start again.";
  const NEWER = "A browser of 2023 or later has what is needed: Chrome, Edge, Firefox or Safari.";

  class Failure extends Error {
    constructor(words, name = "Failure") {
      super(words);
      this.words = words;
      this.name = name;
    }
  }

  const cancelled = () => new Failure("Cancelled.", "AbortError");
  const aborted = (signal) => new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(cancelled()), { once: true });
  });

  // ---- can it run here at all? ---------------------------------------------------------------

  function modulesInWorkers() {
    let read = false;
    try {
      new Worker("blob:none", { get type() { read = true; return "module"; } }).terminate();
    } catch {
      // the address leads nowhere, on purpose
    }
    return read;
  }

  function lacks() {
    if (location.protocol === "file:") {
      return "This page was opened as a file, and from there a browser starts no Python. Open it from a " +
        "web server: the published site, or `make serve`, or `python -m http.server` in the folder that has " +
        "`index.html` in it.";
    }
    if (typeof WebAssembly !== "object" || !WebAssembly.Exception) {
      return `This browser has no WebAssembly that Python could run on. ${NEWER}`;
    }
    if (typeof Worker !== "function" || !modulesInWorkers()) {
      return `This browser starts no modules in workers, which Python needs. ${NEWER}`;
    }
    return null;
  }

  // ---- the files -----------------------------------------------------------------------------

  const hex = (buffer) =>
    [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = (sum) => btoa(sum.match(/../g).map((two) => String.fromCharCode(parseInt(two, 16))).join(""));
  // browsers have it on https and on localhost only
  const hasSums = () => Boolean(globalThis.crypto?.subtle);
  const isRight = async (bytes, file) =>
    bytes.byteLength === file.size && hex(await crypto.subtle.digest("SHA-256", bytes)) === file.sha256;

  const wrong = (file) => new Failure(
    `${file.name} is not the file that this page was made with: its sum is another one. ` +
    "It was changed or cut on its way, so nothing of it was run. Try again; if it stays so, the network here changes files.");

  const lonely = () => navigator.onLine === false && new Failure("There is no network. Connect, and press Start again.");

  function unreachable(file, url) {
    if (lonely()) return lonely();
    const host = new URL(url).host;
    return new Failure(
      `${file.name} could not be fetched from ${host}: there is no network, or something on the way blocks that address. ` +
      "Try again, or from another network.");
  }

  async function fetched(file, url, signal, onbytes) {
    let response;
    // without sums of our own the browser compares them, and hands over the whole file or nothing
    const integrity = hasSums() ? "" : `sha256-${base64(file.sha256)}`;
    try {
      response = await fetch(url, { signal, integrity, credentials: "omit" });
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (integrity && await fetch(url, { signal, credentials: "omit" }).then((r) => r.ok, () => false)) throw wrong(file);
      throw unreachable(file, url);
    }
    if (!response.ok) {
      throw new Failure(`${new URL(url).host} has no ${file.name} (it answered ${response.status}). Try again later.`);
    }
    const bytes = new Uint8Array(file.size);
    let loaded = 0;
    try {
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (loaded + value.length > file.size) {
          reader.cancel();
          throw wrong(file);
        }
        bytes.set(value, loaded);
        loaded += value.length;
        onbytes(loaded);
      }
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      throw error instanceof Failure ? error : unreachable(file, url);
    }
    if (loaded < file.size || (hasSums() && !await isRight(bytes, file))) throw wrong(file);
    return bytes;
  }

  // The cache of this site: one entry a file, named by its sum; what is not in the manifest goes.
  async function store(root) {
    try {
      const cache = await caches.open(`playground of ${root.pathname}`);
      const key = (file) => new URL(`_static/kept/${file.sha256}/${file.name}`, root).href;
      return {
        async get(file) {
          const kept = await cache.match(key(file));
          if (!kept) return null;
          const bytes = new Uint8Array(await kept.arrayBuffer());
          return await isRight(bytes, file) ? bytes : null;
        },
        put: (file, bytes) => cache.put(key(file), new Response(bytes)).catch(() => {}),
        async tidy(files) {
          const wanted = new Set(files.map(key));
          for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
        },
      };
    } catch { // http without s has no cache, a private window may refuse it
      return { get: async () => null, put: async () => {}, tidy: async () => {} };
    }
  }

  async function allFiles(manifest, root, signal, onprogress) {
    const kept = await store(root);
    if (signal?.aborted) throw cancelled();
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal?.addEventListener("abort", abort);
    try {
      const files = await Promise.all(manifest.files.map(async (file) => {
        // as many bytes as go over the line: what arrives is counted after it was unpacked
        const tell = (loaded, stage = "fetching") => onprogress({
          stage, file: file.name, total: file.bytes, loaded: Math.round((loaded / file.size) * file.bytes),
        });
        let bytes = await kept.get(file).catch(() => null);
        if (stop.signal.aborted) throw cancelled();
        if (bytes) {
          tell(file.size, "from the cache");
        } else {
          tell(0);
          bytes = await fetched(file, new URL(file.url, root).href, stop.signal, tell);
          await kept.put(file, bytes);
        }
        return [file.name, bytes];
      }));
      if (stop.signal.aborted) throw cancelled();
      kept.tidy(manifest.files).catch(() => {});
      return Object.fromEntries(files);
    } catch (error) {
      stop.abort(); // the others need not go on
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  // ---- the worker ----------------------------------------------------------------------------

  const inWords = (said) => (/memory|allocat|RangeError|OOM/i.test(said)
    ? `The browser has no memory left. ${SLOW}`
    : `Python stopped, and said: ${said.slice(0, 300)}`);

  // The script of the worker, kept in memory: a new worker needs no network.
  async function scriptAt(address, signal) {
    try {
      const response = await fetch(address, { signal });
      if (!response.ok) throw new Error(response.status);
      return URL.createObjectURL(new Blob([await response.text()], { type: "text/javascript" }));
    } catch {
      if (signal?.aborted) throw cancelled();
      throw lonely() || new Failure("The script that runs Python did not arrive. Load the page again.");
    }
  }

  // A worker in which Python runs. Its `broken` is told once if it cannot go on.
  class Python {
    constructor(address) {
      this.waiting = new Map();
      this.worker = new Worker(address, { type: "module" });
      this.worker.onmessage = ({ data }) => this.take(data);
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.fail(inWords(event.message || "its worker broke"));
      };
    }

    // until it is ready: resolves to the compiled Python, with which the next one is started sooner
    begin(message, onstage, signal) {
      return new Promise((resolve, reject) => {
        this.started = { resolve, reject, onstage };
        signal?.addEventListener("abort", () => this.end(), { once: true });
        this.worker.postMessage(message);
      });
    }

    ask(request, onprogress) {
      return new Promise((resolve, reject) => {
        const id = (this.count = (this.count ?? 0) + 1);
        this.waiting.set(id, { resolve, reject, onprogress });
        this.worker.postMessage({ id, request: JSON.stringify(request) });
      });
    }

    take({ stage, ready, module, failed, id, progress, answer }) {
      if (stage) this.started.onstage(stage);
      else if (ready) this.started.resolve(module);
      else if (failed !== undefined) this.fail(inWords(failed));
      else if (progress !== undefined) this.waiting.get(id)?.onprogress?.(JSON.parse(progress));
      else if (answer !== undefined) {
        this.waiting.get(id)?.resolve(JSON.parse(answer));
        this.waiting.delete(id);
      }
    }

    fail(words) {
      this.end(new Failure(words));
      this.broken?.();
    }

    end(error = cancelled()) {
      this.worker.terminate();
      this.started?.reject(error); // no more than a word, if it has started
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    }
  }

  // What has to be asked again of a new Python, for it to be where the last one was.
  class Memory {
    note(request, answer) {
      if (answer.refused) {
        if (answer.state) this.state = answer.state;
      } else if (request.do === "read") {
        this.read = request;
      } else if (request.do === "data") {
        this.data = request.columns ? [this.read, request] : [request]; // of the file of that time
        this.state = null;
      } else if (answer.stage) {
        this.state = answer;
      }
    }
    requests() {
      const state = this.state && { do: "restore", state: this.state };
      const read = this.data?.includes(this.read) ? null : this.read;
      return [...(this.data ?? []), state, read].filter(Boolean);
    }
  }

  function makeEngine({ base, manifest, onprogress = () => {} }) {
    const root = new URL(base, location.href);
    const memory = new Memory();
    let script = null, files = null, module, python = null, stopped = false;
    let ready = null; // a promise of a Python that is where the reader is

    async function begin(signal) {
      onprogress({ stage: "starting" });
      script ??= await scriptAt(new URL(manifest.worker, root), signal);
      files ??= await allFiles(manifest, root, signal, onprogress);
      if (signal?.aborted) throw cancelled();
      const made = new Python(script);
      python = made;
      made.broken = () => { if (python === made) ready = null; };
      const message = { files, packages: manifest.packages, module };
      module = await made.begin(message, (stage) => onprogress({ stage }), signal);
      for (const request of memory.requests()) await made.ask(request);
      onprogress({ stage: "ready" });
      return made;
    }

    async function start({ signal } = {}) {
      const words = lacks();
      if (words) throw new Failure(words);
      if (signal?.aborted) throw cancelled();
      stopped = false;
      ready ??= begin(signal);
      const mine = ready;
      try {
        await Promise.race([mine, aborted(signal)]);
      } catch (error) {
        if (ready === mine) ready = null;
        throw error instanceof Failure ? error : new Failure(inWords(String(error?.message ?? error)));
      }
    }

    // ends the worker where it is, and has the next one ready
    function again() {
      python?.end();
      ready = begin();
      ready.catch(() => { ready = null; }); // the next request says so
    }

    async function ask(request, { onprogress: told, signal } = {}) {
      if (stopped) throw new Failure("Python was ended. Press Start to begin anew.");
      if (signal?.aborted) throw cancelled();
      let mine = null;
      const work = async () => {
        await start();
        mine = await ready;
        if (signal?.aborted) throw cancelled();
        return mine.ask(request, told);
      };
      const stop = () => { if (mine && mine === python) again(); };
      signal?.addEventListener("abort", stop, { once: true });
      try {
        const answer = await Promise.race([work(), aborted(signal)]);
        memory.note(request, answer);
        return answer;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    }

    function stop() {
      stopped = true;
      python?.end();
      python = ready = null;
    }

    return { start, ask, stop };
  }

  makeEngine.lacks = lacks;
  window.makeEngine = makeEngine;
})();
