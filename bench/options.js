import { parseArgs } from 'node:util';
import { FRAMEWORKS, ROUTES, RUNGS } from './ladder/rungs.js';

const FLAGS = {
  rounds: { type: 'string' },
  requests: { type: 'string' },
  only: { type: 'string', multiple: true },
  framework: { type: 'string', multiple: true },
  route: { type: 'string', multiple: true },
  part: { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

export const HELP = `npm run bench -- [options]

  --quick              fewer routes, rounds and requests: under a minute, never writes the docs
  --rounds <n>         rounds, each with fresh processes (5)
  --requests <n>       measured requests a rung and round, after the warm-up (6000)
  --only <rung>        one rung beside untraced (may be repeated): ${RUNGS.map((rung) => rung.id).join(', ')}
  --framework <name>   ${FRAMEWORKS.join(' or ')} (both)
  --route <name>       ${Object.keys(ROUTES).join(', ')} (all)
  --part <name>        ladder or micro (both)

docs/evidence/benchmarks.md is written only by a whole run: none of --quick, --only, --framework, --route, --part.`;

/** Reads the command line into a complete configuration. Throws an Error that says what was expected. */
export function readOptions(args) {
  const { values } = parseArgs({ args, options: FLAGS });
  const quick = values.quick ?? false;
  return {
    help: values.help ?? false,
    quick,
    rounds: count(values.rounds, 'rounds', quick ? 1 : 5),
    requests: count(values.requests, 'requests', quick ? 2000 : 6000),
    warmUp: quick ? 1000 : 4000,
    rungs: chosenRungs(values.only),
    frameworks: chosen(values.framework, 'framework', FRAMEWORKS, FRAMEWORKS),
    routes: chosen(values.route, 'route', Object.keys(ROUTES), quick ? ['json'] : Object.keys(ROUTES)),
    parts: chosen(values.part && [values.part], 'part', ['ladder', 'micro'], ['ladder', 'micro']),
    writesDocs: !(quick || values.only || values.framework || values.route || values.part),
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
