/**
 * `npm run matrix`: the packed package under the tools of those who use it, each version in a folder of its own. Prints a
 * line a cell and ends with 1 at the first that fails, with what it said. What is installed is kept from run to run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ChildOptions, type ChildResult, runChild } from '../support/child-process.ts';
import { bundlerSets } from './bundlers.ts';
import { compilerSets } from './compilers.ts';
import { runnerSets } from './runners.ts';
import type { ToolSet } from './tool-set.ts';

const kept = process.env.THROUGHLINE_MATRIX ?? join(tmpdir(), 'throughline-matrix');
/** The same place as in .ci/run. */
const nodes = process.env.THROUGHLINE_CI_NODES ?? join(tmpdir(), 'throughline-ci-nodes');
const INSTALL = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Only what has one of the words in its name: \`npm run matrix -- jest\`. */
const wanted = process.argv.slice(2);

const packed = mkdtempSync(join(tmpdir(), 'throughline-packed-'));
try {
  const archive = await pack();
  for (const set of [...runnerSets, ...bundlerSets, ...compilerSets]) await tryAll(set, archive);
} finally {
  rmSync(packed, { recursive: true, force: true });
}

/** As it stands: the build before has made what \`npm publish\` would make. */
async function pack(): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', packed];
  const [{ filename }] = JSON.parse(await outputOf('npm', args)) as [{ filename: string }];
  return join(packed, filename);
}

async function tryAll({ name, dependencies, files, cells }: ToolSet, archive: string): Promise<void> {
  const chosen = cells.filter((cell) => wanted.length === 0 || wanted.some((word) => cell.name.includes(word)));
  if (chosen.length === 0) return;
  const folder = join(kept, name);
  await installTools(folder, dependencies);
  await outputOf('npm', [...INSTALL, '--no-save', '--prefer-offline', archive], { cwd: folder });
  for (const [path, text] of Object.entries(files)) writeText(join(folder, path), text);
  for (const cell of chosen) {
    for (const major of cell.nodes) {
      const startMs = performance.now();
      const cwd = join(folder, cell.folder);
      const { status, stdout, stderr } = await runChild(await nodeOf(major), cell.args, { cwd });
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${cell.name}, Node ${major} (${seconds} s)`);
      if (status !== 0) throw new Error(`${cwd}: node ${cell.args.join(' ')}\n${stdout}\n${stderr}`);
    }
  }
}

async function installTools(folder: string, dependencies: ToolSet['dependencies']): Promise<void> {
  const manifest = JSON.stringify({ private: true, dependencies });
  const stamp = join(folder, 'installed.json');
  if (readIfThere(stamp) === manifest) return;
  rmSync(folder, { recursive: true, force: true });
  writeText(join(folder, 'package.json'), manifest);
  await outputOf('npm', INSTALL, { cwd: folder });
  writeText(stamp, manifest);
}

/** This Node, or the newest of another major version, as the npm package \`node\` has it. */
async function nodeOf(major: number): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) === major) return process.execPath;
  const folder = join(nodes, String(major));
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (readIfThere(join(folder, 'node_modules', 'node', 'package.json')) === undefined) {
    mkdirSync(folder, { recursive: true });
    await outputOf('npm', [...INSTALL, '--prefix', folder, '--no-save', `node@${major}`]);
  }
  return binary;
}

async function outputOf(command: string, args: readonly string[], options?: ChildOptions): Promise<string> {
  const { status, stdout, stderr }: ChildResult = await runChild(command, args, {
    timeoutMs: INSTALL_TIMEOUT_MS,
    ...options,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
