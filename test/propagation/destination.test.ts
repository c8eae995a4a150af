import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Destination,
  type DestinationRule,
  type PropagateTo,
  traceToAllBaggageToPrivate,
} from '../../propagation/destination.ts';
import { propagateToReader } from '../../src/core/options/propagate-to.ts';

const BOTH = { trace: true, baggage: true };
const TRACE = { trace: true, baggage: false };
const BAGGAGE = { trace: false, baggage: true };
const NOTHING = { trace: false, baggage: false };

const PRIVATE = [
  'http://127.0.0.1',
  'http://127.255.255.254:8080/path?query',
  'http://[::1]:3000',
  'http://10.0.0.1',
  'http://172.16.0.1',
  'http://172.31.255.255',
  'http://192.168.1.1',
  'http://169.254.169.254',
  'http://100.64.0.1',
  'http://100.127.255.255',
  'http://[fc00::1]',
  'http://[fdff:ffff::1]',
  'http://[fe80::1]',
  'http://[febf::1]',
  'http://[::ffff:10.0.0.1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:c0a8:101]',
  'http://localhost',
  'http://LOCALHOST.',
  'http://stock:3001',
  'http://app.localhost',
  'http://db.internal',
  'http://db.internal.',
  'http://printer.local',
  'http://stock.shop.svc',
  'http://stock.shop.svc.cluster.local',
  'http://stock.shop.svc.cluster.local.',
  'http://0x7f.1', // 127.0.0.1 in other spellings
  'http://2130706433',
  'http://017700000001',
  'http://１２７.0.0.1',
];

const PUBLIC = [
  'https://example.com',
  'https://api.example.com:8443',
  'http://8.8.8.8',
  'http://11.0.0.1',
  'http://126.255.255.255',
  'http://128.0.0.1',
  'http://172.15.255.255',
  'http://172.32.0.1',
  'http://192.167.0.1',
  'http://192.169.0.1',
  'http://169.253.0.1',
  'http://100.63.255.255',
  'http://100.128.0.1',
  'http://0.0.0.0',
  'http://[2001:db8::1]',
  'http://[fbff::1]',
  'http://[fe00::1]',
  'http://[fec0::1]',
  'http://[::]',
  'http://[::2]',
  'http://[::ffff:8.8.8.8]',
  'http://[::ffff:ac20:1]',
  'http://[64:ff9b::a00:1]',
  'http://10.example.com',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://internal.example.com',
  'http://notlocal.com',
  'http://xlocal.co',
  'http://evil.com/?host=localhost',
  'http://localhost@evil.com',
  'http://evil.com#.internal',
];

function ruleOf(option: PropagateTo | undefined): DestinationRule {
  if (option === undefined) return traceToAllBaggageToPrivate;
  return propagateToReader(option, { caller: 'start', name: 'propagateTo' });
}

function ask(option: PropagateTo | undefined, url: string): Destination {
  return ruleOf(option)(new URL(url));
}

test('lets trace context go everywhere and baggage to private hosts only, when nothing is said', () => {
  for (const url of PRIVATE) assert.deepEqual(ask(undefined, url), BOTH, url);
  for (const url of PUBLIC) assert.deepEqual(ask(undefined, url), TRACE, url);
});

test("knows 'all', 'none' and 'private'", () => {
  for (const url of PRIVATE) {
    assert.deepEqual([ask('all', url), ask('none', url), ask('private', url)], [BOTH, NOTHING, BOTH]);
  }
  for (const url of PUBLIC) {
    assert.deepEqual([ask('all', url), ask('none', url), ask('private', url)], [BOTH, NOTHING, NOTHING]);
  }
});

test('matches origins, hosts, hosts with a port, and what lies under a host', () => {
  const cases: [string, string[], string[]][] = [
    [
      'https://api.example.com:8443',
      ['https://api.example.com:8443/a?b', 'https://API.example.com:8443'],
      ['https://api.example.com', 'http://api.example.com:8443', 'https://evil.com/https://api.example.com:8443'],
    ],
    ['https://example.com', ['https://example.com:443/'], ['https://example.com:444', 'https://example.com.evil.com']],
    ['https://EXAMPLE.com/', ['https://example.com'], ['http://example.com']],
    [
      'example.com',
      ['http://example.com', 'https://example.com:8443', 'https://example.com./', 'wss://EXAMPLE.COM'],
      [
        'https://api.example.com',
        'https://example.com.evil.com',
        'https://evil.com/example.com',
        'https://xexample.com',
      ],
    ],
    ['Example.COM.', ['http://example.com'], ['http://example.org']],
    [
      '*.example.com',
      ['https://api.example.com', 'http://a.b.example.com:81', 'https://api.example.com.'],
      ['https://example.com', 'https://notexample.com', 'https://evil.com?x=.example.com', 'https://u@evil.com'],
    ],
    ['*.example.com:8443', ['https://a.example.com:8443'], ['https://a.example.com']],
    ['example.com:8443', ['https://example.com:8443', 'http://example.com:8443'], ['https://example.com']],
    [
      'example.com:80',
      ['http://example.com', 'http://example.com:80/'],
      ['https://example.com', 'http://example.com:81'],
    ],
    ['example.com:443', ['https://example.com'], ['http://example.com']],
    ['127.0.0.1:3000', ['http://127.0.0.1:3000', 'http://0x7f.1:3000'], ['http://127.0.0.1']],
    ['[::1]:3000', ['http://[::1]:3000', 'http://[0:0::1]:3000'], ['http://[::1]']],
    ['stock', ['http://stock:3000'], ['http://stock.example.com']],
    ['bücher.example', ['https://xn--bcher-kva.example'], ['https://bucher.example']],
  ];
  for (const [pattern, yes, no] of cases) {
    for (const url of yes) assert.deepEqual(ask([pattern], url), BOTH, `${pattern} ${url}`);
    for (const url of no) assert.deepEqual(ask([pattern], url), NOTHING, `${pattern} ${url}`);
  }
});

test('lets nothing out by an empty list, and what any item names by a longer one', () => {
  assert.deepEqual(ask([], 'http://localhost'), NOTHING);
  assert.deepEqual(ask(['a.example', /b\.example$/], 'https://b.example'), BOTH);
});

test('tests a RegExp on the parsed origin alone', () => {
  const origin = [/^https:\/\/api\.example\.com$/];
  assert.deepEqual(ask(origin, 'https://user:secret@api.example.com:443/path?x#y'), BOTH);
  assert.deepEqual(ask(origin, 'https://api.example.com:8443'), NOTHING);
  assert.deepEqual(ask([/example\.com/], 'https://evil.com/example.com?example.com#example.com'), NOTHING);
  assert.deepEqual(ask([/./], 'mailto:a@example.com'), NOTHING);
});

test('answers the same each time for a RegExp with g or y, and leaves the one given alone', () => {
  for (const pattern of [/example/g, /https:/y, /example/gy]) {
    const expected = pattern.source === 'example' && pattern.sticky ? NOTHING : BOTH;
    const rule = ruleOf([Object.freeze(pattern)]);
    for (let time = 0; time < 3; time += 1) assert.deepEqual(rule(new URL('https://example.com')), expected);
    assert.equal(pattern.lastIndex, 0);
  }
});

test('asks a function with the URL and takes only true for a yes', () => {
  const cases: [unknown, Destination][] = [
    [true, BOTH],
    [false, NOTHING],
    [{ trace: true, baggage: true }, BOTH],
    [{ trace: true, baggage: false }, TRACE],
    [{ trace: false, baggage: true }, BAGGAGE],
    [{ trace: true }, TRACE],
    [{}, NOTHING],
    [undefined, NOTHING],
    [null, NOTHING],
    [1, NOTHING],
    ['all', NOTHING],
    [{ trace: 1, baggage: 'yes' }, NOTHING],
    [Promise.resolve(true), NOTHING],
  ];
  for (const [answer, expected] of cases) {
    assert.deepEqual(
      ask(() => answer as boolean, 'https://example.com'),
      expected,
    );
  }
  assert.deepEqual(
    ask((url) => url.hostname === 'example.com', 'https://example.com/x'),
    BOTH,
  );
});

test('lets nothing out when the function, or its answer, throws', () => {
  const fail = (): never => {
    throw new Error('not today');
  };
  assert.deepEqual(ask(fail, 'http://localhost'), NOTHING);
  assert.deepEqual(
    ask(() => Object.defineProperty({}, 'trace', { get: fail }) as Destination, 'http://localhost'),
    NOTHING,
  );
});

test('answers with four shared objects that cannot be changed', () => {
  const rule = ruleOf(undefined);
  assert.equal(rule(new URL('http://localhost')), rule(new URL('http://stock')));
  assert.equal(rule(new URL('http://localhost')), ruleOf('all')(new URL('https://example.com')));
  assert.ok(Object.isFrozen(rule(new URL('https://example.com'))));
});

test('refuses a wrong option and says what was expected and what came', () => {
  const wrong: [unknown, RegExp][] = [
    ['All', /must be 'all', 'none', 'private', a list .*, got "All"; did you mean 'all'\?$/],
    ['api.example.com', /got "api\.example\.com"; for one host give a list: \['api\.example\.com'\]$/],
    ['', /got ""$/],
    [/x/, /got a RegExp; put it into a list$/],
    [true, /got true$/],
    [null, /got null$/],
    [42, /got 42$/],
    [Symbol('a'), /got Symbol\(a\)$/],
    [{ trace: true }, /got an object$/],
    [['private'], /a list of origins .*, got "private" in it; 'private' stands alone$/],
    [[''], /got "" in it$/],
    [[42], /got 42 in it$/],
    [[undefined], /got undefined in it$/],
    [['*'], /got "\*" in it$/],
    [['*.'], /got "\*\." in it$/],
    [['a.*.example.com'], /in it$/],
    [['10.0.0.0/8'], /in it$/],
    [['example.com/path'], /in it$/],
    [['https://example.com/path'], /in it$/],
    [['https://user@example.com'], /in it$/],
    [['https://example.com?x'], /in it$/],
    [['example.com:99999'], /in it$/],
    [['exa mple.com'], /in it$/],
    [['file:///tmp'], /in it$/],
    [['redis://host'], /in it$/],
  ];
  for (const [option, message] of wrong) {
    assert.throws(() => ruleOf(option as PropagateTo), {
      name: 'TypeError',
      code: 'ERR_THROUGHLINE_OPTION',
      message,
    });
  }
});
