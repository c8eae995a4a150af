import { parseArgs } from 'node:util';
import { baseRungs, FRAMEWORKS, ROUTES, RUNGS } from './ladder/rungs.js';
import { nodeOf } from './nodes.js';

const FLAGS = {
  sets: { type: 'string' },
  turns: { type: 'string' },
  only: { type: 'string', multiple: true },
  framework: { type: 'string', multiple: true },
  route: { type: 'string', multiple: true },
  node: { type: 'string', multiple: true },
  base: { type: 'string' },
  part: { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

export const HELP = `npm run bench -- [options]

  --quick              one route, one set, short windows: under a minute, never writes the docs
  --sets <n>           sets of processes, one server a rung (3)
  --turns <n>          windows of one second that count, a rung, route and set, after two that warm up (10)
  --only <rung>        one rung beside untraced (may be repeated): ${RUNGS.map((rung) => rung.id).join(', ')}
  --base <folder>      beside it the package in another tree, built: its unsampled and traced rungs
  --framework <name>   ${FRAMEWORKS.join(' or ')} (both)
  --route <name>       ${Object.keys(ROUTES).join(', ')} (all)
  --node <major>       the Node that serves (may be repeated), from npm unless it is this one (this one)
  --part <name>        ladder or micro (both)

docs/evidence/benchmarks.md is written only by a whole run: none of --quick, --only, --base, --framework, --route, --part.`;

/** Reads the command line into a complete configuration. Throws an Error that says what was expected. */
export function readOptions(args) {
  const { values } = parseArgs({ args, options: FLAGS });
  const quick = values.quick ?? false;
  return {
    help: values.help ?? false,
    quick,
    sets: count(values.sets, 'sets', quick ? 1 : 3),
    turns: count(values.turns, 'turns', quick ? 5 : 10),
    warmUp: 2,
    windowMs: quick ? 400 : 1000,
    rungs: [...chosenRungs(values.only), ...(values.base ? baseRungs(values.base) : [])],
    frameworks: chosen(values.framework, 'framework', FRAMEWORKS, FRAMEWORKS),
    routes: chosen(values.route, 'route', Object.keys(ROUTES), quick ? ['json'] : Object.keys(ROUTES)),
    nodes: (values.node ?? [process.versions.node.split('.')[0]]).map(nodeOf),
    parts: chosen(values.part && [values.part], 'part', ['ladder', 'micro'], ['ladder', 'micro']),
    writesDocs: !(quick || values.only || values.base || values.framework || values.route || values.part),
  };
}

function chosenRungs(only) {
  const ids = RUNGS.map((rung) => rung.id);
  const wanted = chosen(only, 'only', ids, ids);
  return RUNGS.filter((rung) => rung.id === 'untraced' || wanted.includes(rung.id));
}

function chosen(values, name, known, fallback) {
  if (!values) return fallback;
  const wrong = values.find((value) => !known.includes(value));
  if (wrong !== undefined) throw new Error(`--${name} must be one of ${known.join(', ')}, got "${wrong}"`);
  return values;
}

function count(value, name, fallback) {
  if (value === undefined) return fallback;
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`--${name} must be a whole number above 0, got "${value}"`);
  return Number(value);
}
