import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';

const TSC = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');

/** The options that a careful app's project would have; tests add to it. */
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  skipLibCheck: true,
};

export interface Compiled {
  /** The compiler's errors, one a line; none when all is well. */
  readonly errors: readonly string[];
  /** The folder with what it wrote. */
  readonly folder: string;
}

/**
 * Compiles sources of an app that imports the built package by its name, under its own compiler options. They lie below
 * the root of the repository, so that they find the package, and what is installed beside it.
 */
export async function compileApp(
  name: string,
  sources: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
): Promise<Compiled> {
  const folder = join(repositoryRoot, 'dist', 'compiled', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(folder, file), text);
  const compilerOptions = { ...OPTIONS, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const { stdout } = await runNode([TSC, '--project', folder, '--pretty', 'false']);
  return { errors: stdout.split('\n').filter((line) => line.includes('error TS')), folder };
}
