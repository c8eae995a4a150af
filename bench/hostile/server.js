import { start, tracing } from 'throughline';
import { inject } from 'throughline/propagation';
import { createExpressServer } from '../ladder/app-express.js';
import { answer } from '../processes.js';

/** Takes every batch at once: what is measured is the request. */
const discard = { name: 'discard', destination: 'nowhere', export: async () => ({ outcome: 'accepted' }) };

// `server.js <names of propagators>`
start({ service: 'bench', exporters: discard, propagators: process.argv[2].split(',') });

const traced = tracing();

// The Express app of the ladder: it reads what came, and writes what a call to another service would take along.
const door = {
  middleware: () => (req, res, next) =>
    traced(req, res, () => {
      inject({});
      next();
    }),
  client: (axios) => axios,
};
const server = createExpressServer(door);

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
