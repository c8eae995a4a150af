/**
 * `npm run test:built`: the test files named on the command line, under Node's runner, in folders of
 * their own. Spools and temporary files of the run can neither meet those of another run, or of the
 * developer, nor stay: what a run that passed has left behind fails it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Three, for two cores: children and sockets are waited for a good part of the time. */
const CONCURRENCY = '--test-concurrency=3';
/** Also where no terminal is attached: it says at the end, in one place, what failed and why. */
const REPORTER = '--test-reporter=spec';
const RUNNER = ['--enable-source-maps', '--test', CONCURRENCY, REPORTER];
/** A file whose process does not end fails the run instead of holding it up: several times what all of it takes. */
const LONGEST_RUN_MS = 15 * 60_000;
/** The names that Node and npm put there for themselves. */
const NOT_OURS = /^(?:node-compile-cache|npm-|v8-compile-cache)/;

// Short: the path of a Unix socket below it may have 103 characters on macOS, and the folder before it has 49.
const folder = mkdtempSync(join(tmpdir(), 'tl-'));
const [temporary, state] = [join(folder, 't'), join(folder, 's')];
for (const path of [temporary, state]) mkdirSync(path);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));

const environment = { TMPDIR: temporary, TMP: temporary, TEMP: temporary, XDG_STATE_HOME: state };
const runner = spawn(process.execPath, [...RUNNER, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
});
const deadline = setTimeout(() => {
  console.error('the suite does not end: the file named last, or one that is not named, holds something open');
  runner.kill('SIGKILL');
}, LONGEST_RUN_MS);
const [status] = (await once(runner, 'close')) as [number | null];
clearTimeout(deadline);
process.exitCode = status ?? 1;
if (status === 0) assertNothingLeft();

/** The folders of a spool stay when it is empty: another process may be about to write there. */
function assertNothingLeft(): void {
  const left = [temporary, state]
    .flatMap((path) => readdirSync(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter((path) => !NOT_OURS.test(path.slice(path.indexOf('/') + 1)));
  if (left.length === 0) return;
  console.error(`the run has left behind:\n  ${left.slice(0, 50).join('\n  ')}`);
  process.exitCode = 1;
}
