import { answer } from '../processes.js';
import { createExpressServer } from './app-express.js';
import { createKoaServer } from './app-koa.js';

// The measured process: `server.js <framework> <door> <door options> <upstream url>`.
const [framework, doorName, doorOptions, upstreamUrl] = process.argv.slice(2);

// Before the framework is loaded (the apps load it when they are called), as patching peers need it.
const { open } = await import(`./doors/${doorName}.js`);
const door = await open(JSON.parse(doorOptions));
const create = framework === 'koa' ? createKoaServer : createExpressServer;
const server = create(door, upstreamUrl);

let cpuBefore = process.cpuUsage();
let heapBefore = 0;

/** Lets what waits from before leave before the clock starts. `collects`: its garbage too, for who counts bytes. */
async function begin({ collects } = {}) {
  await door.flush();
  door.counted?.();
  if (collects) globalThis.gc();
  heapBefore = process.memoryUsage().heapUsed;
  cpuBefore = process.cpuUsage();
}

/**
 * CPU microseconds since `begin`, sending the last spans included: whoever makes them pays for them. `bytes` are those
 * allocated on the heap, as long as nothing was collected meanwhile.
 */
async function finish() {
  await door.flush();
  const { user, system } = process.cpuUsage(cpuBefore);
  const bytes = process.memoryUsage().heapUsed - heapBefore;
  return { cpuMicros: user + system, bytes, counted: door.counted?.() };
}

/** Resident bytes of the process before it has served anything, its garbage collected. */
function rest() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss();
}

server.listen(0, '127.0.0.1', () => answer({ begin, finish, rest }, server.address().port));
