import { mkdirSync, writeFileSync } from 'node:fs';
import { installPeers } from './install.js';
import { HELP, readOptions } from './options.js';

const EVIDENCE = new URL('../docs/evidence/', import.meta.url);

/** The whole run: peers, ladder, micro-benchmarks, and at the end the page. */
async function main(options) {
  installPeers();
  // After the peers are there: what these load imports them.
  const [{ runLadder }, { runMicro }, { printLadder, printMicro, page }] = await Promise.all([
    import('./ladder/ladder.js'),
    import('./micro/micro.js'),
    import('./report.js'),
  ]);
  const results = { ladder: [], micro: [] };
  if (options.parts.includes('ladder')) {
    results.ladder = await runLadder(options, say);
    printLadder(results.ladder);
  }
  if (options.parts.includes('micro')) {
    results.micro = await runMicro(options, say);
    printMicro(results.micro);
  }
  if (!options.writesDocs) return;
  mkdirSync(EVIDENCE, { recursive: true });
  writeFileSync(new URL('benchmarks.md', EVIDENCE), page(results, options));
  say('docs/evidence/benchmarks.md is written');
}

/** Progress goes to stderr, so that the tables alone can be sent on. */
function say(line) {
  process.stderr.write(`bench: ${line}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await main(options);
} catch (error) {
  say(error.code?.startsWith('ERR_PARSE_ARGS') ? error.message : (error.stack ?? error.message));
  process.exitCode = 1;
}
