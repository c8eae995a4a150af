/**
 * The rooms of the house and the arrows between them: who may import whom, and what from outside.
 * This table is the documentation; `imports.test.ts` holds the code to it. To add a room, add its row
 * (with the sentence of why) and its line in docs/rationale.md.
 */
export interface Room {
  /** A folder, or one file, from the root of the repository. Of several that match a file, the longest one counts. */
  readonly path: string;
  /** What the arrows keep true. Printed when one is broken. */
  readonly why: string;
  /** Rooms, or single files of rooms. What lies in the same room is always allowed. */
  readonly mayImport: readonly string[];
  /** Node's own modules, at run time: their types do nothing, and who has Node has them. */
  readonly builtins: readonly string[] | 'any';
  /** Packages of others, for types and at run time alike: users may have neither. */
  readonly packages: readonly string[] | 'any';
  /** Functions of their arguments alone: no I/O, no timer and no process through globals either. */
  readonly isPure?: true;
  /** Belongs to the published package: no computed import, no `require`, no import of itself by name. */
  readonly isShipped?: true;
}

/** What readers of records need to know: of the core the shapes, none of the tracer; and the leaves. */
const RECORD_TYPES = ['src/core/record.ts', 'propagation/context.ts', 'src/leaves'] as const;

/** What an exporter knows of it beside: its own interface, and leaves without state. */
const EXPORTER_TYPES = [
  'src/core/pipeline/deadline.ts',
  'src/core/pipeline/exporter.ts',
  'src/core/pipeline/spool/codec.ts',
  'src/core/errors.ts',
  'src/core/options.ts',
  'src/core/duration.ts',
  'src/core/timers.ts',
  'src/core/version.ts',
] as const;

export const rooms: readonly Room[] = [
  {
    path: 'propagation',
    why: 'Parsing hostile bytes stays a pure function: nothing of ours, no I/O, no scope.',
    mayImport: [],
    builtins: [],
    packages: [],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/core',
    why: 'The tracer knows no framework, no header name and no wire: those come to it, it never goes to them.',
    mayImport: ['propagation', 'src/leaves'],
    builtins: [
      'node:async_hooks',
      'node:console',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:os',
      'node:path',
      'node:perf_hooks',
      'node:process',
      'node:timers',
      'node:url',
      'node:util',
      'node:worker_threads',
      'node:zlib',
    ],
    packages: ['uuid'],
    isShipped: true,
  },
  {
    path: 'middleware',
    why: 'Between a framework and the tracer. Frameworks are described structurally: the app passes its objects in.',
    mayImport: ['src/core', 'propagation'],
    builtins: [
      'node:diagnostics_channel',
      'node:events',
      'node:http',
      'node:https',
      'node:net',
      'node:url',
      'node:util',
    ],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/index.ts',
    why: 'The public door names what users get and holds no logic.',
    mayImport: ['src/setup.ts', 'src/core', 'propagation', 'middleware', 'src/exporters'],
    builtins: [],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/setup.ts',
    why: 'The wiring of defaults: beside the door the only file of src that may look at middleware/.',
    mayImport: ['src/core', 'propagation', 'middleware', 'src/exporters'],
    builtins: [],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/propagation.ts',
    why: 'The door of throughline/propagation: gives the pure functions the active scope and configuration as their default.',
    mayImport: ['propagation', 'src/core', 'src/setup.ts'],
    builtins: [],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/leaves',
    why: 'Functions of plain values that several rooms need, each written once. They know nothing of ours.',
    mayImport: [],
    builtins: [],
    packages: [],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/formats',
    why: 'Spans as bytes and back: a function of the record, without sockets, for exporters and readers alike.',
    mayImport: RECORD_TYPES,
    builtins: [],
    packages: [],
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
      'node:https',
      'node:path',
      'node:stream',
      'node:tls',
      'node:url',
      'node:util',
      'node:zlib',
    ],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/store',
    why: 'One span-store interface over memory, files and Redis. It keeps spans; serving them is someone else’s.',
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
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:timers/promises',
      'node:url',
      'node:util',
      'node:zlib',
    ],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/redis.ts',
    why: 'The door of throughline/redis: one object, store and exporter. The client is the app’s, never imported.',
    mayImport: ['src/store', ...EXPORTER_TYPES, 'src/core/diagnostics.ts'],
    builtins: [],
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/analysis',
    why: 'Pure functions over records, so that a test, a command and a page get the same answer.',
    mayImport: RECORD_TYPES,
    builtins: [],
    packages: [],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/terminal',
    why: 'Draws what analysis and doctor found, as text. Whoever has a stream writes it: this room never does.',
    mayImport: ['src/analysis', 'src/core/doctor/report.ts', ...RECORD_TYPES],
    builtins: [],
    packages: [],
    isPure: true,
    isShipped: true,
  },
  {
    path: 'src/testing',
    why: 'The test kit of users stands on the same parts as the product, and on no test framework.',
    mayImport: [
      'src/core',
      'propagation',
      'src/exporters',
      'src/analysis',
      'src/terminal',
      'src/formats',
      'src/leaves',
    ],
    builtins: 'any',
    packages: [],
    isShipped: true,
  },
  {
    path: 'src/otel',
    why: 'The bridge to @opentelemetry/api, an entry of its own: the only one that may ask the app for that package.',
    mayImport: ['src/core', 'propagation'],
    builtins: [],
    packages: ['@opentelemetry/api'],
    isShipped: true,
  },
  {
    path: 'cli',
    why: 'Reads arguments, wires and shows. What it shows comes from the rooms that programs can use too.',
    mayImport: [
      'src/store',
      'src/analysis',
      'src/terminal',
      'src/exporters',
      'src/formats',
      'src/core',
      'src/leaves',
      // At first use: Redis by its door, as a program has it; for `doctor` the tracer as the environment sets it up.
      'src/redis.ts',
      'src/setup.ts',
    ],
    builtins: 'any',
    packages: [],
    isShipped: true,
  },
  {
    path: 'examples',
    why: 'What a reader copies: the package by its public name, and what its user would install.',
    mayImport: [],
    builtins: 'any',
    packages: 'any',
  },
  {
    path: 'build',
    why: 'Makes what is published of what is compiled. It reads the files of the house and runs none of them.',
    mayImport: [],
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
  {
    path: 'test',
    why: 'Tests use the public name. Parsers, queues, drawing and the command may be taken from inside; doors and wiring not.',
    mayImport: [
      'propagation',
      'src/core',
      'middleware',
      'src/formats',
      'src/exporters',
      'src/store',
      'src/analysis',
      'src/terminal',
      'src/testing',
      'src/leaves',
      'cli',
      'examples',
    ],
    builtins: 'any',
    packages: 'any',
  },
];

/** The row of a file, or `undefined` for a file that stands in no room. */
export function roomOf(path: string): Room | undefined {
  let best: Room | undefined;
  for (const room of rooms) {
    if (lies(path, room.path) && room.path.length > (best?.path.length ?? 0)) best = room;
  }
  return best;
}

/** Whether `path` is `place`, or below it. */
export function lies(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
