// Loads one file, in a process of its own, and prints what that took: `once.js <import|require> <file>`.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [format, file] = process.argv.slice(2);
const load = format === 'import' ? () => import(pathToFileURL(file)) : () => createRequire(import.meta.url)(file);

globalThis.gc();
const before = process.memoryUsage();
const cpuBefore = process.cpuUsage();
const startMs = performance.now();
await load();
const ms = performance.now() - startMs;
const { user, system } = process.cpuUsage(cpuBefore);
globalThis.gc();
const after = process.memoryUsage();
console.log(
  JSON.stringify({
    ms,
    cpuMs: (user + system) / 1000,
    heapMb: (after.heapUsed - before.heapUsed) / 1e6,
    rssMb: (after.rss - before.rss) / 1e6,
  }),
);
