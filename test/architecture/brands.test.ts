import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listFiles, readText } from '../support/repository.ts';
import { blankNonCode } from './module-source.ts';

const sources = ['src/core', 'src/setup.ts', 'src/propagation.ts', 'propagation', 'middleware']
  .flatMap((place) => (place.endsWith('.ts') ? [place] : listFiles(place)))
  .map((path) => ({ path, code: blankNonCode(readText(path)) }));

describe('objects of ours', () => {
  it('are recognised by brand: of another copy of the package, instanceof knows none', () => {
    const classes = sources.flatMap(({ code }) => [...code.matchAll(/\bclass (\w+)/g)].map((match) => match[1]));
    assert.ok(classes.includes('RecordingSpan'));
    const asked = sources.flatMap(({ path, code }) =>
      [...code.matchAll(/\binstanceof (\w+)/g)]
        .filter((match) => classes.includes(match[1]))
        .map((match) => `${path}: ${match[0]}`),
    );
    assert.deepEqual(asked, []);
  });
});
