import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

export interface ChildResult {
  /** `null` when a signal ended it, the deadline's among them. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  /** Default: the root of the repository. */
  readonly cwd?: string;
  /** Default 60 s, then SIGKILL: a child that hangs fails its test instead of hanging the suite. */
  readonly timeoutMs?: number;
  /** Set on top of {@link childEnvironment}; `undefined` takes one away. */
  readonly variables?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, without stdin. Never rejects for what the program does. */
export function runChild(command: string, args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  const { cwd = repositoryRoot, timeoutMs = 60_000, variables } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...childEnvironment(), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Runs a script with the Node that runs this test. */
export function runNode(args: readonly string[], options?: ChildOptions): Promise<ChildResult> {
  return runChild(process.execPath, args, options);
}

/** Runs a script and hands back its standard output. Rejects, with all it printed, unless it ended with status 0. */
export async function outputOfNode(args: readonly string[], options?: ChildOptions): Promise<string> {
  const { status, stdout, stderr } = await runNode(args, options);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Spools of children lie in here, and go with this process. */
const spoolFolder: string = mkdtempSync(join(tmpdir(), 'throughline-spool-'));
process.on('exit', () => rmSync(spoolFolder, { recursive: true, force: true }));
let environments = 0;

/**
 * Ours without what would change a child: a test runner that sees NODE_TEST_CONTEXT reports in its own
 * protocol, and OTEL_* of the shell would configure the tracer under test.
 *
 * Each has a spool of its own: what one child could not send in time, the next would adopt and send.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_TEST_CONTEXT' && !name.startsWith('OTEL_') && !name.startsWith('THROUGHLINE_'),
  );
  return { ...Object.fromEntries(kept), THROUGHLINE_SPOOL_DIRECTORY: join(spoolFolder, String(++environments)) };
}
