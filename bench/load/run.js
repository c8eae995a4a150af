import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ONCE = fileURLToPath(new URL('once.js', import.meta.url));
const FORMATS = ['import', 'require'];
/** On a busy machine the quietest turn and the CPU say more than the time. */
const FIGURES = [
  { title: 'time ms', key: 'ms', of: median },
  { title: 'quietest ms', key: 'ms', of: (values) => Math.min(...values) },
  { title: 'CPU ms', key: 'cpuMs', of: median },
  { title: 'heap MB', key: 'heapMb', of: median },
  { title: 'RSS MB', key: 'rssMb', of: median },
];

const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const temporary = mkdtempSync(join(tmpdir(), 'throughline-load-'));
try {
  const subjects = [...published('this, published', ROOT), ...other(process.argv[2])];
  const measured = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { format, file }] of subjects.entries()) measured[index].push(loadOnce(format, file));
  }
  print(subjects, measured);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** The side that the bundles stand beside: the modules they are made of, a built tree, or a version of the registry. */
function other(given) {
  if (given === undefined) {
    return FORMATS.map((format) => ({ name: 'this, as modules', format, file: join(ROOT, 'dist/src/index.js') }));
  }
  if (existsSync(given)) return published(given, resolve(given));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', temporary, `throughline@${given}`]);
  return published(given, join(temporary, 'node_modules', 'throughline'));
}

/** The files behind `throughline` in a package, whether it has one format or two. */
function published(name, folder) {
  const door = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).exports['.'];
  return FORMATS.map((format) => ({ name, format, file: join(folder, (door[format] ?? door).default) }));
}

function loadOnce(format, file) {
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', ONCE, format, file], { encoding: 'utf8' }));
}

/** Medians, and beside each of ours what part it is of the other's in the same format. */
function print(subjects, measured) {
  const rows = subjects.map(({ name, format }, index) => {
    const figures = FIGURES.map(({ key, of }) => of(measured[index].map((once) => once[key])));
    return { name, format, figures };
  });
  console.log(
    `throughline, loaded in a fresh process: medians of ${rounds} rounds that take turns, Node ${process.version}`,
  );
  console.log(['format ', 'what'.padEnd(30), ...FIGURES.map(({ title }) => title.padStart(16))].join('  '));
  for (const [index, { name, format, figures }] of rows.entries()) {
    const beside = rows[index + FORMATS.length]?.figures;
    const cells = figures.map((value, at) => {
      const part = beside === undefined ? '' : ` (${(value / beside[at]).toFixed(2)})`;
      return `${value.toFixed(2)}${part}`.padStart(16);
    });
    console.log([format.padEnd(7), name.slice(-30).padEnd(30), ...cells].join('  '));
  }
}
