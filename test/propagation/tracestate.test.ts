import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitMembers, TraceState } from '../../propagation/tracestate.ts';

const MEGABYTE = 1_048_576;

function roundTrip(header: string): string | undefined {
  return TraceState.parse(header)?.serialize();
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `k${index}=v${index}`).join(',');
}

test('passes a canonical list on byte for byte', () => {
  const longest = `${'k'.repeat(256)}=${'v'.repeat(256)}`;
  const valid = [
    'congo=t61rcWkgMzE',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,sampled=no',
    'fw529a3039@dt=FfAQ8',
    '0digit=1,9=2', // digit first: Level 2
    'a@b@c=1,a/b*c-d_e=2,tenant@system=3', // several @: Level 2
    'ot=th:8;rv:6e6d1a75832a2f',
    'a=  leading spaces belong to the value',
    'a=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~',
    longest,
    numbered(32),
  ];
  for (const header of valid) assert.equal(roundTrip(header), header);
});

test('discards the whole when one member is malformed', () => {
  const malformed = [
    'no-equals',
    '=1',
    'a=',
    'a= ',
    'a=\t',
    'A=1',
    'aB=1',
    '_a=1',
    '-a=1',
    '@a=1',
    '*a=1',
    'a b=1',
    'a =1',
    'a\t=1',
    'a.b=1',
    'é=1',
    'a=é',
    'a=\u0131',
    '\u0161=1',
    'a=\u0000',
    'a=1\r\nset-cookie: x',
    'a=1\u007f',
    'a=b=c',
    'a==',
    'a=1\tb',
    `${'k'.repeat(257)}=1`,
    `a=${'v'.repeat(257)}`,
    ';',
    '"a"=1',
  ];
  for (const member of malformed) {
    assert.equal(TraceState.parse(member), undefined, JSON.stringify(member));
    assert.equal(TraceState.parse(`ok=1,${member}`), undefined, JSON.stringify(member));
    assert.equal(TraceState.parse(`${member},ok=1`), undefined, JSON.stringify(member));
  }
});

test('discards more than 32 members, repeated ones counted, blank ones not', () => {
  assert.equal(TraceState.parse(numbered(33)), undefined);
  assert.equal(TraceState.parse(`${numbered(32)},k0=again`), undefined);
  assert.equal(roundTrip(`,, ,${numbered(32)},,`), numbered(32));
});

test('accepts blank members and white space around members, and never sends them', () => {
  assert.equal(roundTrip('a=1 , b=2'), 'a=1,b=2');
  assert.equal(roundTrip('\t a=1\t ,\t,, \tb=2 \t'), 'a=1,b=2');
  assert.equal(roundTrip('a=1,'), 'a=1');
  assert.equal(roundTrip(',a=1'), 'a=1');
});

test('gives nothing for a list without members, so no empty header is sent', () => {
  for (const header of ['', ' ', '\t', ',', ' , ,\t,']) assert.equal(TraceState.parse(header), undefined);
});

test('keeps the left-most of a repeated key, which is the newest', () => {
  assert.equal(roundTrip('a=new,b=1,a=stale'), 'a=new,b=1');
  assert.equal(TraceState.parse('a=new,a=stale')?.get('a'), 'new');
});

test('tells keys apart that are of one length and begin and end alike', () => {
  const keys = Array.from({ length: 32 }, (_, index) => `a${String(index).padStart(2, '0')}${'k'.repeat(120)}z`);
  const header = keys.map((key) => `${key}=1`).join(',');
  assert.equal(roundTrip(header), header);
  assert.equal(roundTrip(`${keys[0]}=new,${keys[1]}=1,${keys[0]}=stale`), `${keys[0]}=new,${keys[1]}=1`);
});

test('gets the value of exactly the key', () => {
  const state = TraceState.parse('rojo=1,roj=  2 3,a@b=4');
  assert.equal(state?.get('rojo'), '1');
  assert.equal(state?.get('roj'), '  2 3');
  assert.equal(state?.get('a@b'), '4');
  for (const key of ['ro', 'a', 'b', '', 'rojo=1', '__proto__']) assert.equal(state?.get(key), undefined);
});

test('puts a set member at the left and leaves the order of the others', () => {
  const state = TraceState.parse('a=1,b=2,c=3');
  assert.equal(state?.set('b', 'x').serialize(), 'b=x,a=1,c=3');
  assert.equal(state?.set('d', 'x').serialize(), 'd=x,a=1,b=2,c=3');
  assert.equal(state?.serialize(), 'a=1,b=2,c=3');
  assert.equal(TraceState.empty.set('a', '1').serialize(), 'a=1');
});

test('pushes the right-most member out when a 33rd comes, and none when a key only changes', () => {
  const full = TraceState.parse(numbered(32));
  assert.equal(full?.set('new', '1').serialize(), `new=1,${numbered(31)}`);
  assert.equal(full?.set('k31', 'x').serialize(), `k31=x,${numbered(31)}`);
});

test('stays as it is when a key or a value to set is invalid', () => {
  const state = TraceState.parse('a=1') ?? TraceState.empty;
  const keys = ['', 'A', '_a', 'a b', 'a,b', 'a=b', 'é', 'k'.repeat(257), '\r\n', 1, null, undefined, Symbol('a'), {}];
  for (const key of keys) assert.equal(state.set(key as string, '1'), state);
  const values = [
    '',
    ' ',
    'a ',
    'a,b',
    'a=b',
    'é',
    '\r\n',
    'v'.repeat(257),
    '\ud800',
    'x'.repeat(MEGABYTE),
    1,
    null,
    {},
  ];
  for (const value of values) assert.equal(state.set('b', value as string), state);
});

test('drops a key that is unset, and stays as it is without one', () => {
  const state = TraceState.parse('a=1,b=2') ?? TraceState.empty;
  assert.equal(state.unset('a').serialize(), 'b=2');
  assert.equal(state.unset('a').unset('b'), TraceState.empty);
  assert.equal(state.unset('c'), state);
  assert.equal(state.unset('a').unset('b').serialize(), '');
});

test('truncates by whole members: long ones first, then from the end', () => {
  const long = `long=${'x'.repeat(128)}`;
  const edge = `edge=${'x'.repeat(123)}`; // 128 characters: not yet long
  assert.deepEqual(fitMembers(['a=1', long, 'b=2', 'c=3'], 11), ['a=1', 'b=2', 'c=3']);
  assert.deepEqual(fitMembers(['a=1', long, 'b=2', 'c=3'], 10), ['a=1', 'b=2']);
  assert.deepEqual(fitMembers([edge, 'a=1', 'b=2'], 132), [edge, 'a=1']);
  assert.deepEqual(fitMembers([long, long], 200), [long]);
  assert.deepEqual(fitMembers(['a=1', 'b=2'], 7), ['a=1', 'b=2']);
});

test('sends at most 4127 characters: 32 members of 128, far more than the 512 of the specification', () => {
  const member = (index: number, length: number) => `k${index}=`.padEnd(length, 'v');
  const list = (count: number, length: number) =>
    Array.from({ length: count }, (_, at) => member(at, length)).join(',');
  assert.equal(list(32, 128).length, 4127);
  assert.equal(roundTrip(list(32, 128)), list(32, 128));
  assert.equal(roundTrip(list(32, 129)), list(31, 129));
  assert.equal(roundTrip(list(32, 257)), list(16, 257));
  let own = TraceState.empty;
  for (let index = 31; index >= 0; index -= 1) own = own.set(`k${index}`, 'v'.repeat(256));
  const sent = own.serialize();
  assert.ok(sent.length <= 4127 && sent.length > 3800 && sent.startsWith('k0=') && own.get('k31') !== undefined);
});

test('truncates a list above 4127 characters as it came, before it is looked at', () => {
  const long = Array.from({ length: 31 }, (_, index) => `k${index}=${'v'.repeat(256)}`);
  const kept = long.slice(0, 15).join(',');
  assert.equal(roundTrip(['first=1', ...long, 'last=1'].join(',')), `first=1,${kept},last=1`); // 33 as it came
  assert.equal(roundTrip(['first=1', ...long].join(' , ').padEnd(9000, ' ')), `first=1,${kept}`);
  assert.equal(roundTrip(['a=1', ...long, 'not one at all'.repeat(20)].join(',')), `a=1,${kept}`); // dropped unread
  assert.equal(TraceState.parse(['a=1', ...long, 'not one'].join(',')), undefined);
  assert.equal(TraceState.parse([...Array.from({ length: 33 }, (_, at) => `s${at}=1`), ...long].join(',')), undefined);
  assert.equal(roundTrip(`a=1,${' '.repeat(5000)},b=2`), 'a=1,b=2');
  assert.equal(TraceState.parse(`a=1${' '.repeat(5000)}`), undefined); // counts as it came
});

test('looks at no more than 64 pieces of a list above 4127 characters, blank ones too', () => {
  const filler = `${' '.repeat(129)},`.repeat(32);
  assert.equal(roundTrip(`${filler}${','.repeat(31)}a=1`), 'a=1');
  assert.equal(roundTrip(`b=2,${filler}${','.repeat(31)}a=1`), 'b=2');
  assert.equal(roundTrip(`${','.repeat(4000)}a=1`), 'a=1'); // within the limit all of it is looked at
});

test('looks at a bounded part of a megabyte', () => {
  const units = [',', 'a=1,', 'a', '=', ' ', 'a= ', '\t,', '\u0000', 'é'];
  for (const unit of units) assert.equal(TraceState.parse(unit.repeat(MEGABYTE / unit.length)), undefined);
  assert.equal(TraceState.parse(`a=1${' '.repeat(MEGABYTE)}`), undefined);
  assert.equal(roundTrip(`a=1${' ,'.repeat(10_000)}b=2`), 'a=1');
});

test('keeps its rules through any order of set and unset', () => {
  const key = fc.constantFrom('a', 'b', '0', 'a@b', 'x'.repeat(256), 'Bad', '');
  const value = fc.constantFrom('1', ' 2', 'th:8', 'v'.repeat(256), 'bad ', '', 'b=c');
  const step = fc.oneof(fc.tuple(key, value), fc.tuple(key));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state = TraceState.empty;
      const model: [string, string][] = [];
      for (const [name, text] of steps) {
        const before = state;
        state = text === undefined ? state.unset(name) : state.set(name, text);
        if (state === before) continue;
        const at = model.findIndex(([existing]) => existing === name);
        if (at !== -1) model.splice(at, 1);
        if (text !== undefined) model.unshift([name, text]);
      }
      const expected = model.map(([name, text]) => `${name}=${text}`).join(',');
      assert.equal(state.serialize(), expected);
      assert.equal(roundTrip(expected) ?? '', expected);
    }),
    { seed: 42, numRuns: 500 },
  );
});
