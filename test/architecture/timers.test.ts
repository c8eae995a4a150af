import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listFiles, readText } from '../support/repository.ts';
import { blankNonCode } from './module-source.ts';

const ROOMS = ['src/core/pipeline', 'src/exporters'];
const GLOBALS = /(?<![.\w#])(?:(?:set|clear)(?:Timeout|Interval|Immediate)|Date\.now|performance\.now)(?=\()/g;

/** Timers that a file calls without having them from `core/timers.ts`. */
function fakeable(path: string): string[] {
  const text = readText(path);
  const taken = /import \{([^}]*)\} from '[./]*\/timers\.ts'/.exec(text)?.[1] ?? '';
  const calls = blankNonCode(text).match(GLOBALS) ?? [];
  return [...new Set(calls)].filter((name) => !new RegExp(`\\b${name}\\b`).test(taken));
}

describe('sending', () => {
  for (const path of ROOMS.flatMap((room) => listFiles(room)).filter((path) => path.endsWith('.ts'))) {
    it(`takes no timer or clock that an app's tests can fake: ${path}`, () => {
      assert.deepEqual(fakeable(path), [], 'import it from src/core/timers.ts');
    });
  }
});
