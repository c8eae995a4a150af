import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { listFiles, readText } from '../support/repository.ts';
import { findFaults } from './import-rules.ts';
import { parseImports } from './module-source.ts';
import { roomOf, rooms } from './rooms.ts';

const SHIPPED = ['propagation', 'src', 'middleware', 'cli'];
const FOLDERS = [...SHIPPED, 'examples', 'test', 'bench', 'build'];
const SOURCE = /\.(?:ts|tsx|js|mjs|cjs)$/;

function readSources() {
  return FOLDERS.flatMap(listFiles)
    .filter((path) => SOURCE.test(path))
    .map((path) => ({ path, text: readText(path) }));
}

describe('who may import whom', () => {
  it('is kept by every file of the house', () => {
    const faults = findFaults(readSources());
    assert.equal(faults.length, 0, `\n${faults.join('\n')}\n`);
  });

  it('names only rooms of the table in its arrows', () => {
    for (const room of rooms) {
      for (const target of room.mayImport ?? []) {
        const place = rooms.find(({ path }) => path === target) ?? roomOf(target);
        assert.ok(place, `${room.path} → ${target}: no such room`);
      }
    }
  });

  it('has a row for each folder that holds sources, and none for what is not there', () => {
    const shipped = rooms.filter((room) => room.isShipped).map((room) => room.path);
    const files = SHIPPED.flatMap(listFiles).filter((path) => SOURCE.test(path));
    const folders = new Set(files.map((path) => posix.dirname(path)).filter((folder) => folder !== 'src'));
    assert.deepEqual(
      [...folders].filter((folder) => !shipped.includes(folder)),
      [],
      'a new room needs a row in test/architecture/rooms.ts and a sentence in docs/rationale.md',
    );
    const places = new Set([...folders, ...files.filter((path) => posix.dirname(path) === 'src')]);
    assert.deepEqual(
      shipped.filter((path) => !places.has(path)),
      [],
    );
  });

  it('has one row a room', () => {
    const paths = rooms.map((room) => room.path);
    assert.deepEqual(paths, [...new Set(paths)]);
  });
});

describe('the import rules', () => {
  const broken: readonly [claim: string, path: string, text: string, message: RegExp][] = [
    [
      'an arrow that is not in the table',
      'src/core/a.ts',
      `import '../../middleware/b.ts';`,
      /may import only propagation/,
    ],
    ['an arrow drawn by a re-export', 'propagation/a.ts', `export * from '../src/core/b.ts';`, /nothing of ours/],
    ['an arrow drawn by a type', 'src/formats/a.ts', `import type { B } from '../core/b.ts';`, /src\/core\/record\.ts/],
    [
      'an arrow drawn at run time',
      'middleware/a.ts',
      `await import('../src/exporters/b.ts');`,
      /src\/exporters\/b\.ts/,
    ],
    ['a file in no room', 'src/utils.ts', '', /stands in no room.*new room needs a row/],
    ['an import of a file in no room', 'src/index.ts', `import './utils.ts';`, /src\/utils\.ts stands in no room/],
    ['I/O in a pure room', 'propagation/a.ts', `import { readFileSync } from 'fs';`, /no module/],
    ['I/O by a global in a pure room', 'src/terminal/a.ts', 'process.stdout.write("x");', /is pure/],
    ['a framework', 'middleware/server/express.ts', `import express from 'express';`, /let the app pass/],
    [
      'the types of a framework',
      'middleware/server/koa.ts',
      `import type { Context } from 'koa';`,
      /describe the shape/,
    ],
    ['a framework at first use', 'src/core/a.ts', `const api = import('@opentelemetry/api');`, /@opentelemetry\/api/],
    ['I/O at first use', 'propagation/a.ts', `const zlib = lazyBuiltin('node:zlib');`, /no module/],
    ['a computed import', 'src/exporters/a.ts', 'await import(name);', /no bundler can follow/],
    ['a require', 'src/exporters/a.ts', 'const b = require(name);', /no bundler can follow/],
    ['the package by its own name, inside it', 'src/core/a.ts', `import 'throughline';`, /import each other by path/],
    ['an example that reaches inside', 'examples/a/b.ts', `import '../../src/core/c.ts';`, /nothing of ours/],
    ['a test that goes round a door', 'test/core/a.ts', `import '../../src/index.ts';`, /public name/],
  ];
  for (const [claim, path, text, message] of broken) {
    it(`refuse ${claim}`, () => {
      const faults = findFaults([{ path, text }]);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', message);
    });
  }

  it('let the words of an import in comments, strings and templates be', () => {
    const text = [
      `// import '../../middleware/a.ts'`,
      `/* import '../../middleware/b.ts' */`,
      `const help = "import 'express'";`,
      'const code = `import "koa"; import("axios")`;',
      `const quote = /['"\`]/.test(help);`,
      `import { randomBytes } from 'node:crypto';`,
    ].join('\n');
    assert.deepEqual(findFaults([{ path: 'src/core/spans/a.ts', text }]), []);
    assert.deepEqual(parseImports(text), [
      { specifier: 'node:crypto', kind: 'static', line: 6, names: '{ randomBytes }' },
    ]);
  });

  it('let a pure room name the types of Node', () => {
    const text = `import type { IncomingHttpHeaders } from 'node:http';`;
    assert.deepEqual(findFaults([{ path: 'propagation/carriers.ts', text }]), []);
  });

  it('read every form of import', () => {
    const text = [
      `import a from 'a';`,
      `import b, { c as d } from "b";`,
      `import * as e from 'e';`,
      `import {`,
      `  type F,`,
      `  g,`,
      `} from 'f';`,
      `import type { H } from 'h';`,
      `export type { I } from 'i';`,
      `export * as j from 'j';`,
      `type K = import('k').K;`,
      `import 'l';`,
    ].join('\n');
    assert.deepEqual(
      parseImports(text).map(({ specifier, kind, line }) => `${specifier} ${kind} ${line}`),
      [
        'a static 1',
        'b static 2',
        'e static 3',
        'f static 4',
        'h type 8',
        'i type 9',
        'j static 10',
        'k dynamic 11',
        'l static 12',
      ],
    );
  });
});
