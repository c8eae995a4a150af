import { start, traceAxios, tracing } from 'throughline';
import { createExpressServer } from '../ladder/app-express.js';
import { answer } from '../processes.js';

/** Takes every batch at once: what is measured is the request. */
const discard = { name: 'discard', destination: 'nowhere', export: async () => ({ outcome: 'accepted' }) };

// `server.js <names of propagators> <upstream url>`: the Express app of the ladder. What it sends on comes from its calls.
const [propagators, upstreamUrl] = process.argv.slice(2);
start({ service: 'bench', exporters: discard, propagators: propagators.split(',') });
const server = createExpressServer({ middleware: tracing, client: traceAxios }, upstreamUrl);

let before = process.cpuUsage();

function begin() {
  before = process.cpuUsage();
}

/** CPU microseconds since `begin`. */
function finish() {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

server.listen(0, '127.0.0.1', () => answer({ begin, finish }, server.address().port));
