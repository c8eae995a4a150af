import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { collectDocBlocks } from '../package/doc-blocks.ts';
import { repositoryRoot } from '../support/repository.ts';

/** Below the root, so that a recipe finds the package by its own name and what is installed beside it. */
const FOLDER = join(repositoryRoot, 'dist', 'recipes');

/**
 * The exports of the block of a document which has `export … <name>` in it: the recipe that is tested is the one
 * that is read. `Exports` is what the caller knows of it; that it compiles is held by the test of the documents.
 */
export async function loadRecipe<Exports>(document: string, name: string): Promise<Exports> {
  const file = await writeRecipe(document, new RegExp(`^export .*\\b${name}\\b`, 'm'), name);
  return (await import(pathToFileURL(file).href)) as Exports;
}

/** The block in which `pattern` is found, as a module: its path. `edit` may change what a test cannot take as it is. */
export async function writeRecipe(
  document: string,
  pattern: RegExp,
  name: string,
  edit: (code: string) => string = (code) => code,
): Promise<string> {
  const block = collectDocBlocks().find((each) => each.document === document && pattern.test(each.code));
  assert.ok(block !== undefined, `${document} has no block with ${pattern}`);
  const { code } = await transform(edit(block.code), { loader: 'ts', target: 'node20' });
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}.mjs`);
  writeFileSync(file, code);
  return file;
}
