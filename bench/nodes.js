import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Nodes that CI fetches too, outside the repository. */
const FOLDER = process.env.THROUGHLINE_CI_NODES ?? join(tmpdir(), 'throughline-ci-nodes');

/**
 * The Node of a major version, as `{ path, version }`: this one, or the npm package `node`, which carries the binary.
 * Throws where that cannot be had.
 */
export function nodeOf(major) {
  if (!/^\d{2}$/.test(major)) throw new Error(`--node must be a major version such as 24, got "${major}"`);
  if (process.versions.node.startsWith(`${major}.`)) return { path: process.execPath, version: process.versions.node };
  const folder = join(FOLDER, major);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(path)) fetchNode(folder, major);
  return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() };
}

function fetchNode(folder, major) {
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${major}`];
  const { status } = spawnSync('npm', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm could not fetch node@${major}; what it said stands above`);
}
