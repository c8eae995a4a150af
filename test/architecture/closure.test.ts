import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listEntries, listFiles, readText, repositoryRoot } from '../support/repository.ts';
import { measureClosure } from './entry-closure.ts';
import { blankNonCode } from './module-source.ts';

interface Closure {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

/**
 * The modules as they are compiled that importing each entry loads: all of it, and nothing else. What is loaded at
 * first use is not in here. bundle-closure.test.ts has the same of what is published.
 */
const CLOSURES: Readonly<Record<string, Closure>> = {
  throughline: {
    rooms: [
      'middleware',
      'propagation',
      'src/core',
      'src/exporters',
      'src/formats',
      'src/index.ts',
      'src/leaves',
      'src/setup.ts',
    ],
    packages: ['uuid'],
  },
  'throughline/propagation': {
    // The clients with it: `start()` may be told to instrument them.
    rooms: [
      'middleware',
      'propagation',
      'src/core',
      'src/exporters',
      'src/formats',
      'src/leaves',
      'src/propagation.ts',
      'src/setup.ts',
    ],
    packages: ['uuid'],
  },
  'throughline/exporters': {
    rooms: ['src/core', 'src/exporters', 'src/formats', 'src/leaves'],
    packages: [],
  },
  'throughline/analysis': { rooms: ['src/analysis', 'src/core', 'src/leaves'], packages: [] },
  'throughline/redis': {
    rooms: ['propagation', 'src/analysis', 'src/core', 'src/formats', 'src/leaves', 'src/redis.ts', 'src/store'],
    packages: [],
  },
  'throughline/store': {
    rooms: ['src/analysis', 'src/core', 'src/exporters', 'src/formats', 'src/leaves', 'src/store'],
    packages: [],
  },
  'throughline/terminal': { rooms: ['src/analysis', 'src/core', 'src/leaves', 'src/terminal'], packages: [] },
  'throughline/test': {
    rooms: ['propagation', 'src/analysis', 'src/core', 'src/formats', 'src/leaves', 'src/terminal', 'src/testing'],
    packages: ['uuid'],
  },
};

/** Never loaded by any entry's import: a service that only traces pays for none of them. */
const NEVER_BUILTIN = ['node:sqlite', 'node:cluster', 'node:repl', 'node:inspector', 'node:child_process', 'node:vm'];

/** Kinds of `process.getActiveResourcesInfo()` that outlive an import; the loader's own file handles come and go. */
const KEEPS_RUNNING = /Timeout|Immediate|TCP|UDP|TLS|PipeServer|FSEvent|MessagePort|Worker|Process/;

describe('the import closure', () => {
  it('is written down for every entry of the package', () => {
    const names = listEntries().map((entry) => entry.name);
    assert.deepEqual(Object.keys(CLOSURES).sort(), names.sort(), 'give each entry a row in CLOSURES');
  });

  for (const { name, source } of listEntries()) {
    it(`of ${name} holds the rooms it needs and no other`, async () => {
      const { rooms, packages, builtins } = await measureClosure(compiledPath(source));
      assert.deepEqual(rooms, CLOSURES[name]?.rooms);
      assert.deepEqual(packages, CLOSURES[name]?.packages);
      assert.deepEqual(
        builtins.filter((name) => NEVER_BUILTIN.includes(name)),
        [],
      );
    });
  }

  it('of the command is arguments and text; a command loads stores and analysis, and none the tracer', async () => {
    const { rooms, packages } = await measureClosure(compiledPath('cli/run.ts'));
    assert.deepEqual(rooms, ['cli', 'src/core', 'src/terminal']);
    assert.deepEqual(packages, []);
    for (const path of listFiles('cli/commands')) {
      const { files, packages: used } = await measureClosure(compiledPath(path));
      assert.deepEqual(used, [], path);
      const heavy = /dist\/(?:middleware|src\/(?:setup|redis|core\/spans|store\/(?:redis|file-store)))/;
      assert.deepEqual(
        files.filter((file) => heavy.test(file)),
        [],
        path,
      );
    }
  });

  it('of throughline holds nothing that only some services use: it is loaded when they do', async () => {
    const { files } = await measureClosure('throughline');
    const atFirstUse =
      /formats\/(?!otlp-protobuf-(?:encode|answer))[\w-]*(?:encode|decode)|console-drawing|core\/doctor\/doctor\.|spool\/inherited/;
    assert.deepEqual(
      files.filter((file) => atFirstUse.test(file)),
      [],
    );
  });

  it('of throughline holds no server', async () => {
    const { files } = await measureClosure(compiledPath('src/index.ts'));
    const servers = files.filter((file) => /\bcreateServer\s*\(/.test(blankNonCode(readText(file))));
    assert.deepEqual(servers, []);
  });

  it('of every entry starts no timer, socket or server', async () => {
    for (const { name } of listEntries()) {
      const { resources } = await measureClosure(name);
      assert.ok(resources.length > 0, 'standard output at least');
      assert.deepEqual(
        resources.filter((kind) => KEEPS_RUNNING.test(kind)),
        [],
        name,
      );
    }
  });
});

function compiledPath(source: string): string {
  return join(repositoryRoot, 'dist', source.replace(/\.ts$/, '.js'));
}
