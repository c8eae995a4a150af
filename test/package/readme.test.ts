import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ChildResult, runNode } from '../support/child-process.ts';
import { readText, repositoryRoot } from '../support/repository.ts';
import { collectDocBlocks, type DocBlock, parseDocBlocks } from './doc-blocks.ts';

/** Below the root, so that the blocks find the package by its own name and what is installed beside it. */
const FOLDER = join(repositoryRoot, 'dist', 'doc-blocks');
const TSC = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');

describe('the documents', () => {
  it('show code that compiles against the built package', async () => {
    const { status, stdout } = await typeCheck(
      'all',
      collectDocBlocks().filter((block) => block.isChecked),
    );
    assert.equal(status, 0, `\n${stdout}\nThe line numbers are those of the document.`);
  });

  it('name the two commands exactly', () => {
    const readme = readText('README.md');
    for (const command of ['npm ci && npm run example', 'npm ci && npm test']) {
      assert.ok(readme.includes(command), command);
    }
  });
});

describe('a block of a document', () => {
  const text = [
    '```ts',
    'one();',
    '```',
    '',
    '- item',
    '',
    '  ```ts no-check',
    '  two()',
    '  ```',
    '```sh',
    'npm',
    '```',
  ];

  it('is found with its line, its code and its mark', () => {
    assert.deepEqual(parseDocBlocks('a.md', text.join('\n')), [
      { document: 'a.md', line: 2, code: 'one();\n', isChecked: true },
      { document: 'a.md', line: 8, code: '  two()\n', isChecked: false },
    ]);
  });

  it('that does not compile is reported at its line of the document', async () => {
    const block = { document: 'docs/wrong.md', line: 7, code: 'const port: number = "80";\n', isChecked: true };
    const { status, stdout } = await typeCheck('wrong', [block]);
    assert.notEqual(status, 0);
    assert.match(stdout, /docs-wrong\.md\.7\.ts\(7,7\)/);
  });
});

/** One run of the compiler over all blocks, each a module of its own. */
async function typeCheck(name: string, blocks: readonly DocBlock[]): Promise<ChildResult> {
  const folder = join(FOLDER, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(join(folder, blockFileName(block)), padToLine(block));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: READERS_OPTIONS, include: ['*.ts'] }));
  return runNode([TSC, '--project', folder, '--pretty', 'false']);
}

/** The options that a careful reader's project would have. */
const READERS_OPTIONS = {
  noEmit: true,
  strict: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  skipLibCheck: true,
};

function blockFileName({ document, line }: DocBlock): string {
  return `${document.replaceAll('/', '-')}.${line}.ts`;
}

/** Empty lines before the code, so that the compiler names the line of the document. */
function padToLine({ line, code }: DocBlock): string {
  return '\n'.repeat(line - 1) + code;
}
