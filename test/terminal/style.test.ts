import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { palette, supportsColor } from '../../src/terminal/style.ts';

describe('supportsColor', () => {
  const terminal = { isTTY: true };
  const pipe = {};

  it('colours a terminal and nothing else', () => {
    assert.equal(supportsColor(terminal, {}), true);
    assert.equal(supportsColor(pipe, {}), false);
    assert.equal(supportsColor(terminal, { TERM: 'dumb' }), false);
  });

  it('obeys NO_COLOR unless it is empty', () => {
    assert.equal(supportsColor(terminal, { NO_COLOR: '1' }), false);
    assert.equal(supportsColor(terminal, { NO_COLOR: '' }), true);
  });

  it('obeys FORCE_COLOR before everything else', () => {
    assert.equal(supportsColor(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }), true);
    assert.equal(supportsColor(pipe, { FORCE_COLOR: '' }), true);
    assert.equal(supportsColor(terminal, { FORCE_COLOR: '0' }), false);
    assert.equal(supportsColor(terminal, { FORCE_COLOR: 'false' }), false);
  });
});

describe('palette', () => {
  it('changes nothing when it is off', () => {
    const { bold, dim, red, yellow, service } = palette(false);
    for (const paint of [bold, dim, red, yellow]) assert.equal(paint('text'), 'text');
    assert.equal(service(3, 'text'), 'text');
  });

  it('closes what it opens, so that styles nest', () => {
    const { bold, red } = palette(true);
    assert.equal(bold(`a${red('b')}c`), '\u001b[1ma\u001b[31mb\u001b[39mc\u001b[22m');
    assert.equal(red(''), '');
  });

  it('repeats the service colours', () => {
    const { service } = palette(true);
    assert.equal(service(0, 'a'), service(6, 'a'));
    assert.notEqual(service(0, 'a'), service(1, 'a'));
  });
});
