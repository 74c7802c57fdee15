// Runs Lighthouse over the addresses in a JSON file and writes what it found, one line of JSON a page:
//   node audit.mjs CHROMIUM ADDRESSES.json
// ADDRESSES.json: {"urls": [...], "categories": [...], "times": 1, "flags": [...]}
import { readFileSync } from "node:fs";
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, file] = process.argv.slice(2);
const { urls, categories, times, flags } = JSON.parse(readFileSync(file, "utf8"));

// An audit that a person must do, or that says nothing of this page, has no score.
const lacking = (audits) => Object.values(audits).filter(({ score }) => score !== null && score < 1)
  .map(({ id, title, score, displayValue, details }) => ({
    id, title, score, displayValue,
    items: (details?.items ?? []).slice(0, 5),
  }));

for (const url of urls) {
  for (let time = 0; time < times; time++) {
    // a browser of its own for each: what one page left in the cache is no help to the next
    const chrome = await chromeLauncher.launch({ chromePath, chromeFlags: flags, logLevel: "silent" });
    try {
      const { lhr } = await lighthouse(url, {
        port: chrome.port, onlyCategories: categories, output: "json", logLevel: "error",
        throttlingMethod: "simulate",
      });
      const scores = Object.fromEntries(Object.entries(lhr.categories).map(([id, c]) => [id, c.score]));
      const times = Object.fromEntries(
        ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift",
          "speed-index"].filter((id) => id in lhr.audits).map((id) => [id, lhr.audits[id].numericValue]));
      console.log(JSON.stringify({
        url, scores, times, error: lhr.runtimeError?.message ?? null,
        benchmark: lhr.environment.benchmarkIndex, lacking: lacking(lhr.audits),
      }));
    } finally {
      chrome.kill();
    }
  }
}
