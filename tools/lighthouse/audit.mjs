// Runs Lighthouse over the pages that a JSON file names, and writes a line of JSON for each:
//   node audit.mjs CHROMIUM WISHES.json
// WISHES.json: {"urls": [...], "categories": [...], "flags": [...]}; tools/audit.py writes it and says what comes back.
import { readFileSync } from "node:fs";
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, file] = process.argv.slice(2);
const { urls, categories, flags } = JSON.parse(readFileSync(file, "utf8"));

// whoever ends this program ends its browser too
let chrome = null;
process.on("SIGTERM", () => { chrome?.kill(); process.exit(1); });

// Lighthouse's phone has a quarter of the speed of the machine that it runs on. Ours has one speed everywhere, by
// Lighthouse's own measure: a quarter of that of a good desk machine, 3500. So a busy machine is slowed down less.
const PHONE = 875;
const LINE = {
  rttMs: 150, throughputKbps: 1638.4, requestLatencyMs: 562.5, downloadThroughputKbps: 1474.56, uploadThroughputKbps: 675,
};
async function factor(url, port) {
  if (!categories.includes("performance")) return 4;
  const { lhr } = await lighthouse(url, { port, onlyAudits: ["viewport-insight"], logLevel: "silent" });
  return Math.max(1, lhr.environment.benchmarkIndex / PHONE);
}

for (const url of urls) {
  // a browser for each page: what one left in the cache is no help to the next
  chrome = await chromeLauncher.launch({ chromePath, chromeFlags: flags, logLevel: "silent" });
  const cpuSlowdownMultiplier = await factor(url, chrome.port);
  const { lhr } = await lighthouse(url, {
    port: chrome.port, onlyCategories: categories, logLevel: "silent", throttlingMethod: "simulate",
    throttling: { ...LINE, cpuSlowdownMultiplier },
    disableFullPageScreenshot: true,
  });
  const counts = new Set(Object.values(lhr.categories).flatMap((category) =>
    category.auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id)));
  const faults = Object.values(lhr.audits).filter(({ id, score }) => counts.has(id) && score !== null && score < 1);
  console.log(JSON.stringify({
    url,
    error: lhr.runtimeError?.message ?? null,
    scores: Object.fromEntries(Object.entries(lhr.categories).map(([id, { score }]) => [id, score])),
    values: Object.fromEntries(Object.values(lhr.audits).filter(({ numericValue }) => numericValue !== undefined)
      .map(({ id, numericValue }) => [id, numericValue])),
    faults: faults.map(({ id, title, details }) => ({ id, title, items: (details?.items ?? []).slice(0, 3) })),
    speed: lhr.environment.benchmarkIndex, factor: cpuSlowdownMultiplier,
  }));
  await chrome.kill();
}
