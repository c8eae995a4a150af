import { posix } from 'node:path';

/**
 * The rooms of the house and the arrows between them: who may import whom, and what from outside.
 * This table is the documentation; `imports.test.ts` holds the code to it. To add a room, add its row
 * (with the sentence of why) and its line in docs/rationale.md.
 */
export interface Room {
  /** A folder that holds sources, or one file, from the root of the repository. */
  readonly path: string;
  /** The sentence that the arrows keep true; printed when one is broken. */
  readonly why: string;
  /**
   * Rooms (their own files, not the rooms inside them), single files, or folders inside a room. What lies in
   * the same room is always allowed. Default: nothing.
   */
  readonly mayImport?: readonly string[];
  /** Node's own modules, at run time: their types do nothing, and who has Node has them. Default: none. */
  readonly builtins?: readonly string[] | 'any';
  /** Packages of others, for types and at run time alike: users may have neither. Default: none. */
  readonly packages?: readonly string[] | 'any';
  /** Functions of their arguments alone: no I/O, no timer and no process through globals either. */
  readonly isPure?: true;
  /** Belongs to the published package: no computed import, no `require`, no import of itself by name. */
  readonly isShipped?: true;
}

/** Known to all readers of records: of the core the shapes, none of the tracer; and the leaves. */
const RECORD_TYPES = ['src/core/record.ts', 'propagation/context.ts', 'src/leaves'] as const;

/** Known to exporters beside: their own interface, and leaves without state. */
const EXPORTER_TYPES = [
  'src/core/pipeline/deadline.ts',
  'src/core/pipeline/exporter.ts',
  'src/core/pipeline/spool/codec.ts',
  'src/core/options',
  'src/core/lazy-builtin.ts',
  'src/core/timers.ts',
  'src/core/version.ts',
] as const;

/** A tracer with all that it stands on, for those that wire one. */
const TRACER_ROOMS = [
  'src/core',
  'src/core/options',
  'src/core/scope',
  'src/core/pipeline',
  'src/core/metrics',
  'src/core/decide',
  'src/core/settings',
  'src/core/spans',
  'src/core/functions',
] as const;

const MIDDLEWARE = [
  'middleware/server',
  'middleware/client',
  'middleware/client/axios',
  'middleware/client/fetch',
  'middleware/client/http',
] as const;

/** The house; its tests come on top of it. */
const house: readonly Room[] = [
  {
    path: 'propagation',
    why: 'Parsing hostile bytes stays a pure function: nothing of ours, no I/O, no scope.',
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/leaves',
    why: 'Functions of plain values that several rooms need, each written once. They know nothing of ours.',
    isPure: true,
    isShipped: true,
  },

  // The core, from the ground up: each room stands on those above it here, and never the other way round.
  {
    path: 'src/core/options',
    why: 'How an option of whatever function is read, and refused: every room has options, so this one knows no other.',
    mayImport: ['propagation', 'src/leaves'],
    builtins: ['node:util'],
    isShipped: true,
  },
  {
    path: 'src/core',
    why: 'The ground of the core: records, the interface of a span, clock, limits, redaction. The tracer knows no framework, no header name and no wire: those come to it, it never goes to them.',
    mayImport: ['propagation', 'src/leaves'],
    builtins: ['node:perf_hooks', 'node:timers', 'node:util'],
    isShipped: true,
  },
  {
    path: 'src/core/scope',
    why: 'Where a span is active. It knows spans by their interface, and nothing of tracers.',
    mayImport: ['src/core', 'propagation', 'src/leaves'],
    builtins: ['node:async_hooks'],
    isShipped: true,
  },
  {
    path: 'src/core/pipeline',
    why: 'How finished records leave, and where each one is. It knows records, and no span.',
    mayImport: ['src/core', 'src/core/scope', 'src/core/pipeline/spool', 'src/leaves'],
    isShipped: true,
  },
  {
    path: 'src/core/pipeline/spool',
    why: 'Records on disk while the wire is down: the one room of the core that writes files.',
    mayImport: ['src/core', 'src/core/scope', 'src/core/pipeline', 'src/leaves'],
    builtins: [
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:os',
      'node:path',
      'node:worker_threads',
      'node:zlib',
    ],
    isShipped: true,
  },
  {
    path: 'src/core/metrics',
    why: 'Counts requests and draws the counters as text. What it counts is told to it: it knows no span.',
    mayImport: ['src/core', 'src/core/pipeline/stats.ts', 'src/leaves'],
    isShipped: true,
  },
  {
    path: 'src/core/decide',
    why: 'What becomes of a trace, and the books of its spans. It knows spans by their interface, and hands records on.',
    mayImport: [
      'src/core',
      'src/core/scope',
      'src/core/pipeline/record-size.ts',
      'src/core/pipeline/stats.ts',
      'propagation',
      'src/leaves',
    ],
    isShipped: true,
  },
  {
    path: 'src/core/settings',
    why: 'Options and variables become one complete configuration, so that no request looks one up.',
    mayImport: [
      'src/core',
      'src/core/options',
      'src/core/decide',
      'src/core/pipeline',
      'src/core/pipeline/spool',
      'propagation',
      'src/leaves',
    ],
    builtins: ['node:crypto', 'node:fs', 'node:os', 'node:path'],
    packages: ['uuid'],
    isShipped: true,
  },
  {
    path: 'src/core/spans',
    why: 'The span that records, and the tracer that starts it: of the core they alone know all that a span needs.',
    mayImport: [
      'src/core',
      'src/core/options',
      'src/core/scope',
      'src/core/decide',
      'src/core/metrics',
      'src/core/pipeline',
      'src/core/settings/config.ts',
      'propagation',
      'src/leaves',
    ],
    builtins: ['node:crypto', 'node:url'],
    isShipped: true,
  },
  {
    path: 'src/core/functions',
    why: 'Tracing of functions, for apps and for middleware: whatever needs a span asks the tracer of its scope.',
    mayImport: ['src/core', 'src/core/options', 'src/core/scope', 'src/core/spans', 'propagation', 'src/leaves'],
    builtins: ['node:util'],
    isShipped: true,
  },
  {
    path: 'src/core/doctor',
    why: 'Looks at a running tracer and its pipeline. Nothing of theirs knows it, so that it is loaded when it is asked.',
    mayImport: ['src/core', 'src/core/pipeline', 'src/core/spans', 'propagation', 'src/leaves'],
    builtins: ['node:perf_hooks'],
    isShipped: true,
  },

  // Between frameworks and the tracer. Frameworks are described structurally: the app passes its objects in.
  {
    path: 'middleware',
    why: 'All that server and client share: the attributes of HTTP and the parts of a URL.',
    mayImport: ['src/core', 'src/leaves'],
    isShipped: true,
  },
  {
    path: 'middleware/server',
    why: 'One handler decides about inbound requests, adapters show them. It knows nothing of clients.',
    mayImport: [
      'middleware',
      'src/core',
      'src/core/options',
      'src/core/scope',
      'src/core/spans',
      'src/core/functions',
      'src/core/metrics',
      'src/core/decide/sampler.ts',
      'propagation',
      'src/leaves',
    ],
    builtins: ['node:diagnostics_channel', 'node:events', 'node:http', 'node:net', 'node:util'],
    isShipped: true,
  },
  {
    path: 'middleware/client',
    why: 'One handler decides about outbound attempts, adapters show them. It knows nothing of servers.',
    mayImport: [
      'middleware',
      'src/core',
      'src/core/options',
      'src/core/scope',
      'src/core/spans',
      'src/core/metrics',
      'propagation',
      // Whom `start({ instrument })` switches on.
      'middleware/client/fetch/undici-channels.ts',
      'middleware/client/http/http-channels.ts',
      'src/leaves',
    ],
    builtins: ['node:diagnostics_channel', 'node:util'],
    isShipped: true,
  },
  {
    path: 'middleware/client/axios',
    why: 'Shows the client handler what axios does; of other clients it knows nothing.',
    mayImport: [
      'middleware',
      'middleware/client',
      'src/core',
      'src/core/options',
      'src/core/scope',
      'propagation',
      'src/leaves',
    ],
    isShipped: true,
  },
  {
    path: 'middleware/client/fetch',
    why: 'Shows the client handler what fetch and undici do; of other clients it knows nothing.',
    mayImport: [
      'middleware',
      'middleware/client',
      'src/core',
      'src/core/options',
      'src/core/scope',
      'propagation',
      'src/leaves',
    ],
    isShipped: true,
  },
  {
    path: 'middleware/client/http',
    why: 'Shows the client handler what node:http does; of other clients it knows nothing.',
    mayImport: [
      'middleware',
      'middleware/client',
      'src/core',
      'src/core/options',
      'src/core/scope',
      'propagation',
      'src/leaves',
    ],
    builtins: ['node:events', 'node:http', 'node:https', 'node:net', 'node:url'],
    isShipped: true,
  },

  // Spans as bytes, on their way out, where they stay, and what is found in them.
  {
    path: 'src/formats',
    why: 'Spans as bytes and back: a function of the record, without sockets, for exporters and readers alike.',
    mayImport: RECORD_TYPES,
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/exporters',
    why: 'A batch becomes one request or write. Sampling, queueing and retries are the pipeline’s.',
    mayImport: [...RECORD_TYPES, ...EXPORTER_TYPES, 'src/formats', 'src/terminal', 'src/analysis'],
    builtins: [
      'node:buffer',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:http2',
      'node:https',
      'node:net',
      'node:path',
      'node:stream',
      'node:tls',
      'node:url',
      'node:util',
      'node:zlib',
    ],
    isShipped: true,
  },
  {
    path: 'src/store',
    why: 'One span-store interface over memory and files. It keeps spans; serving them is someone else’s.',
    mayImport: [
      'src/formats',
      'src/analysis',
      ...RECORD_TYPES,
      ...EXPORTER_TYPES,
      // Leaves: what a record weighs, and the one place that writes lines (a store that appended otherwise would tear them).
      'src/core/pipeline/record-size.ts',
      'src/exporters/file.ts',
    ],
    builtins: [
      'node:buffer',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:stream',
      'node:stream/promises',
      'node:url',
      'node:util',
      'node:zlib',
    ],
    isShipped: true,
  },
  {
    path: 'src/store/redis',
    why: 'The same interface over Redis, Sentinel and Cluster. The client is the app’s, described structurally.',
    mayImport: ['src/store', 'src/formats', 'src/analysis', ...RECORD_TYPES, ...EXPORTER_TYPES],
    builtins: ['node:buffer', 'node:crypto', 'node:timers/promises', 'node:util', 'node:zlib'],
    isShipped: true,
  },
  {
    path: 'src/analysis',
    why: 'Pure functions over records, so that a test, a command and a page get the same answer.',
    mayImport: ['src/core/options', ...RECORD_TYPES, 'src/analysis/findings'],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/analysis/findings',
    why: 'One file a finding, over the same analysed trace.',
    mayImport: ['src/core/options', ...RECORD_TYPES, 'src/analysis'],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/terminal',
    why: 'Draws what analysis and doctor found, as text. Whoever has a stream writes it: this room never does.',
    mayImport: ['src/core/options', 'src/analysis', 'src/core/doctor/report.ts', ...RECORD_TYPES],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/testing',
    why: 'The test kit of users stands on the same parts as the product, and on no test framework.',
    mayImport: [
      'src/testing/tree',
      ...TRACER_ROOMS,
      'propagation',
      'src/exporters',
      'src/analysis',
      'src/terminal',
      'src/formats',
      'src/leaves',
    ],
    builtins: 'any',
    isShipped: true,
  },
  {
    path: 'src/testing/tree',
    why: 'Trees as people write them down, read and held against records. It knows no tracer.',
    mayImport: [
      'src/analysis',
      'src/terminal',
      'src/core',
      'src/core/options',
      'src/core/decide/wildcard.ts',
      'src/leaves',
    ],
    builtins: ['node:util'],
    isShipped: true,
  },

  // Doors, and the wiring behind them.
  {
    path: 'src/index.ts',
    why: 'The public door names what users get and holds no logic.',
    mayImport: [
      'src/setup.ts',
      ...TRACER_ROOMS,
      'src/core/doctor',
      'propagation',
      ...MIDDLEWARE,
      'src/exporters',
      'src/leaves/like-original.ts',
    ],
    isShipped: true,
  },
  {
    path: 'src/setup.ts',
    why: 'The wiring of defaults: beside the door the only file of src that may look at middleware/.',
    mayImport: [
      ...TRACER_ROOMS,
      'src/core/pipeline/spool',
      'src/core/doctor',
      'propagation',
      ...MIDDLEWARE,
      'src/exporters',
    ],
    isShipped: true,
  },
  {
    path: 'src/propagation.ts',
    why: 'The door of throughline/propagation: gives the pure functions the active scope and configuration as their default.',
    mayImport: ['src/core/diagnostics.ts', 'propagation', 'src/core/scope', 'src/core/spans', 'src/setup.ts'],
    isShipped: true,
  },
  {
    path: 'src/redis.ts',
    why: 'The door of throughline/redis: one object, store and exporter. The client is the app’s, never imported.',
    mayImport: ['src/store', 'src/store/redis', ...EXPORTER_TYPES, 'src/core/diagnostics.ts'],
    isShipped: true,
  },
  {
    path: 'cli',
    why: 'Reads arguments, wires and shows. What it shows comes from the rooms that programs can use too.',
    mayImport: [
      'cli/commands',
      'src/store',
      'src/store/redis',
      'src/analysis',
      'src/terminal',
      'src/exporters',
      'src/formats',
      'src/core',
      'src/core/options',
      'src/leaves',
      // At first use: Redis by its door, as a program has it.
      'src/redis.ts',
    ],
    builtins: 'any',
    isShipped: true,
  },
  {
    path: 'cli/commands',
    why: 'One file a command, loaded when it is given.',
    mayImport: [
      'cli',
      'src/store',
      'src/analysis',
      'src/terminal',
      'src/formats',
      'src/core',
      'src/core/options',
      'src/core/doctor/report.ts',
      'src/leaves',
      // For `doctor` the tracer as the environment sets it up.
      'src/setup.ts',
    ],
    builtins: 'any',
    isShipped: true,
  },

  // Whoever uses the package.
  {
    path: 'examples',
    why: 'Read to be copied: the package by its public name, and what its user would install.',
    builtins: 'any',
    packages: 'any',
  },
  {
    path: 'build',
    why: 'Makes what is published of what is compiled. It reads the files of the house and runs none of them.',
    builtins: 'any',
    packages: 'any',
  },
  {
    path: 'bench',
    why: 'Measures what users get: the package by its public name, beside its peers. Formats alone are timed from inside, hostile headers are those of the tests, and an outage is made by their proxy.',
    mayImport: ['src/formats', 'test/fuzz/corpus.ts', 'test/faults'],
    builtins: 'any',
    packages: 'any',
  },
];

const tests: Room = {
  path: 'test',
  why: 'Tests use the public name. Parsers, queues, drawing and the command may be taken from inside; doors and wiring not.',
  mayImport: house
    .map(({ path }) => path)
    .filter((path) => path !== 'src/setup.ts' && path !== 'bench' && path !== 'build'),
  builtins: 'any',
  packages: 'any',
};

export const rooms: readonly Room[] = [...house, tests];

/** Rooms that are one, whatever lies inside them: tests mirror the house, and examples are each on their own. */
const WHOLE = ['examples', 'build', 'bench', 'test'];

/** The row of a file: of its own folder, or of itself. `undefined` for a file that stands in no room. */
export function roomOf(path: string): Room | undefined {
  const whole = WHOLE.find((place) => lies(path, place));
  const folder = whole ?? posix.dirname(path);
  return rooms.find((room) => room.path === path) ?? rooms.find((room) => room.path === folder);
}

/** The wing that a room is part of: `src/core` of `src/core/pipeline/spool`, `middleware` of `middleware/server`. */
export function wingOf(room: Room): string {
  return rooms.reduce((outermost, { path }) => (lies(outermost, path) ? path : outermost), room.path);
}

/** True for `place` itself, and for what lies below it. */
export function lies(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
