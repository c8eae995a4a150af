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

let before = process.cpuUsage();

/** What waits from before leaves before the clock starts. */
async function begin() {
  await door.flush();
  door.counted?.();
  before = process.cpuUsage();
}

/** CPU microseconds since `begin`, sending the last spans included: whoever makes them pays for them. */
async function finish() {
  await door.flush();
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: user + system, counted: door.counted?.() };
}

server.listen(0, '127.0.0.1', () => answer({ begin, finish }, server.address().port));
