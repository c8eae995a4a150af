import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';

/** Kinds of body that a framework answers with in its own way. */
export type BodyKind = 'text' | 'json' | 'bytes' | 'stream' | 'nothing';

/** The things that a handler has in hand, whatever its framework. */
export interface Handled {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Answers as the framework does it. */
  answer(status: number, kind: BodyKind): unknown;
  /** Writes into the journal of the scenario: something that the app got to see. */
  note(what: string): void;
}

/** The work of an app on a request. `isBare` tells Koa to keep out of the response. */
export interface Behaviour {
  readonly isBare?: true;
  /** The client leaves when the handler was reached, or when the first bytes of the answer are there. */
  readonly leaves?: 'reached' | 'answered';
  run(handled: Handled): unknown;
}

function failure(fields: object = {}): Error {
  const error = Object.assign(new RangeError('the app failed'), fields);
  error.stack = 'RangeError: the app failed'; // Express's last handler sends it
  return error;
}

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** The head at once, also of an answer to HEAD, and a body that never ends. */
function streamed(res: ServerResponse): void {
  res.flushHeaders();
  res.write('half');
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Notes what a call throws, by its code. */
function attempt(note: Handled['note'], call: () => unknown): void {
  try {
    call();
    note('nothing thrown');
  } catch (error) {
    note(`thrown ${(error as NodeJS.ErrnoException).code}`);
  }
}

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  text: { run: ({ answer }) => answer(200, 'text') },
  json: { run: ({ answer }) => answer(200, 'json') },
  bytes: { run: ({ answer }) => answer(201, 'bytes') },
  stream: { run: ({ answer }) => answer(200, 'stream') },
  nothing: { run: ({ answer }) => answer(204, 'nothing') },
  unchanged: { run: ({ answer }) => answer(304, 'nothing') },
  missing: { run: ({ answer }) => answer(404, 'text') },
  unavailable: { run: ({ answer }) => answer(503, 'json') },
  late: { run: async ({ answer }) => turn().then(() => answer(200, 'text')) },
  chunks: {
    isBare: true,
    async run({ res }) {
      for (const chunk of ['one', 'two', 'three']) {
        res.write(chunk);
        await turn();
      }
      res.end();
    },
  },
  'head of its own': {
    isBare: true,
    run: ({ res }) => res.writeHead(202, 'Taken', { 'X-Own': 'a', 'set-cookie': ['a=1', 'b=2'] }).end('taken'),
  },
  'head as a list': {
    isBare: true,
    run: ({ res }) => res.writeHead(200, ['X-Own', 'a', 'X-Own', 'b', 'Content-Length', '4']).end('list'),
  },
  'head merged': {
    isBare: true,
    run({ res }) {
      res.setHeader('X-Own', 'replaced').setHeader('X-Kept', ['1', '2']);
      res.writeHead(200, { 'x-own': 'b' }).end('merged');
    },
  },
  'head flushed': {
    isBare: true,
    async run({ res }) {
      res.flushHeaders();
      await turn();
      res.end('flushed');
    },
  },
  'no valid header': {
    isBare: true,
    run({ res, note }) {
      attempt(note, () => res.writeHead(200, { 'x-bad': 'a\nb' }));
      res.end('refused');
    },
  },
  'no valid status': {
    isBare: true,
    run({ res, note }) {
      attempt(note, () => res.writeHead(99));
      res.end('refused');
    },
  },
  hints: {
    isBare: true,
    run({ res }) {
      res.writeProcessing();
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.end('hinted');
    },
  },
  trailers: {
    isBare: true,
    run({ req, res }) {
      if (req.method === 'HEAD') return res.end(); // node refuses to announce trailers there
      res.writeHead(200, { Trailer: 'x-sum' }).write('body');
      res.addTrailers({ 'x-sum': '4' });
      return res.end();
    },
  },
  'sent twice': {
    isBare: true,
    run({ res, note }) {
      res.end('once');
      attempt(note, () => res.writeHead(500));
      attempt(note, () => res.setHeader('x-late', '1'));
      res.on('error', (error: NodeJS.ErrnoException) => note(`write ${error.code}`));
      res.write('twice');
    },
  },
  large: { isBare: true, run: ({ res }) => res.end('x'.repeat(300_000)) },
  throws: { run: throwing(failure()) },
  rejects: { run: () => turn().then(throwing(failure())) },
  'throws a status': { run: throwing(failure({ status: 418, expose: true })) },
  'throws a text': { run: throwing('only a text') },
  'throws and recovers': { run: throwing(failure({ isForgiven: true })) },
  'throws in its error handler': { run: throwing(failure({ isFatal: true })) },
  'throws after the head': {
    isBare: true,
    leaves: 'answered', // Koa keeps the connection open
    run({ res }) {
      res.flushHeaders();
      res.write('half');
      throw failure();
    },
  },
  'rejects after the end': {
    isBare: true,
    async run({ res }) {
      res.end('done');
      await turn();
      throw failure();
    },
  },
  'destroys the response': { isBare: true, run: ({ res }) => res.destroy() },
  'destroys half of it': { isBare: true, run: ({ res }) => res.write('half', () => res.destroy(failure())) },
  'destroys the connection': { isBare: true, run: ({ req }) => req.socket.destroy() },
  'a source that fails': {
    isBare: true,
    run({ res, note }) {
      const source = new Readable({ read: () => undefined });
      pipeline(source, res, (error) => note(`pipeline ${error?.message}`));
      source.push('half');
      setImmediate(() => source.destroy(failure()));
    },
  },
  'times out': { isBare: true, run: ({ res }) => res.setTimeout(20) },
  'times out by hand': { isBare: true, run: ({ res }) => res.setTimeout(20, () => res.writeHead(503).end('slow')) },
  'the client leaves before': { isBare: true, leaves: 'reached', run: () => undefined },
  'the client leaves half-way': { isBare: true, leaves: 'answered', run: ({ res }) => streamed(res) },
};

/** The text that the client sends behind the request line and `Host`. */
export const REQUESTS: Readonly<Record<string, { readonly method: string; readonly text: string }>> = {
  GET: { method: 'GET', text: '\r\n' },
  HEAD: { method: 'HEAD', text: '\r\n' },
  'POST with a length': { method: 'POST', text: 'Content-Length: 5\r\n\r\nhello' },
  'PUT in chunks': { method: 'PUT', text: 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n' },
  'PURGE, expecting': { method: 'PURGE', text: 'Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello' },
};
