import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COMMANDS } from '../../cli/commands.ts';
import { parseRedisAddress } from '../../cli/redis-address.ts';
import { parseMoment } from '../../cli/times.ts';
import { flawsOf } from '../terminal/drawings.ts';
import { call } from './call.ts';

const NAMES = Object.keys(COMMANDS);

describe('throughline', () => {
  it('explains itself when it is asked, and when it is not', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { status, out, err } = await call(args);
      assert.equal(status, 0);
      assert.equal(err, '');
      for (const name of NAMES) assert.match(out, new RegExp(`^ +${name} `, 'm'));
    }
    assert.match((await call(['--version'])).out, /^\d+\.\d+\.\d+\S*\n$/);
  });

  for (const name of NAMES) {
    it(`${name} has help with all of its options and examples, for terminals of any width`, async () => {
      const command = await COMMANDS[name]?.load();
      assert.ok(command !== undefined);
      for (const width of [40, 80, 200]) {
        const { status, out } = await call([name, '--help'], { width });
        assert.equal(status, 0);
        assert.deepEqual(flawsOf(out.trimEnd(), width), []);
        for (const option of Object.keys(command.options)) assert.ok(out.includes(`--${option}`), option);
      }
      assert.equal((await call(['help', name])).out, (await call([name, '-h'])).out);
      assert.ok(command.examples.some(([line]) => line.startsWith(`throughline ${name}`)));
    });
  }

  const wrong: readonly [args: readonly string[], message: RegExp][] = [
    [['shwo'], /no command "shwo"; did you mean show\?\nthroughline --help/],
    [['frobnicate'], /there are ls, show, report/],
    [['--store', 'x', 'ls'], /the command comes first/],
    [['help', 'repotr'], /did you mean report\?/],
    [['ls', '--eror'], /no option "--eror"; did you mean --error\?\nthroughline ls --help/],
    [['ls', '--frobnicate'], /throughline ls --help lists them/],
    [['ls', '-x'], /no option "-x"/],
    [['ls', '--service'], /--service needs a value: --service <name>/],
    [['ls', '--service', '--error'], /if that is the value, write --service=--error/],
    [['ls', '--error=yes'], /--error is a switch/],
    [['ls', '--limit', '0'], /--limit must be a whole number from 1 on, got "0"/],
    [['ls', '--limit', '1e3'], /--limit must be/],
    [['ls', '--tag', 'novalue'], /--tag must be key=value/],
    [['ls', '--min-duration', 'long'], /--min-duration must be a time such as/],
    [['ls', '--since', 'tomorrow'], /--since must be a moment such as/],
    [['ls', '--since', '1h', '--until', '2h'], /--since must be before --until/],
    [['ls', '--expect', 'more'], /--expect must be some or none/],
    [['ls', 'last'], /throughline show <trace>/],
    [['report', 'shop'], /filters are options/],
    [['ls', '\x1b[2J'], /got "\\x1b\[2J"/],
    [['ls', '--\x9bx'], /no option "--\\x9bx"/],
    [['ls', '--service', 'shop', '--service', 'stock'], /--service is given twice: "shop" and "stock"/],
    [['ls', '--tag', 'a=1', '--tag', 'b=1', '--tag', 'a=2'], /--tag "a" is given twice/],
  ];
  for (const [args, message] of wrong) {
    it(`ends with 2 and says how it would be right: ${JSON.stringify(args)}`, async () => {
      const { status, out, err } = await call(args, { env: { THROUGHLINE_STORE: '/dev/null' } });
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(err, message);
      assert.doesNotMatch(err, /(?!\n)\p{C}/u);
    });
  }

  it('takes any arguments whatever without a crash', async () => {
    const word = fc.oneof(
      fc.constantFrom(...NAMES, '--help', '--', '-', '--tag=a=b', '--limit', '5', 'last'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (args) => {
        if (args.some((arg) => ['tail', 'doctor', 'export'].includes(arg))) return;
        const { status } = await call(args, { env: { THROUGHLINE_STORE: '/dev/null' } });
        assert.ok([0, 1, 2, 3].includes(status), `${status}`);
      }),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('a moment', () => {
  const now = new Date(2026, 10, 25, 14, 30).getTime();

  it('is so long ago, a day of the calendar, or a date', () => {
    assert.equal(parseMoment('15m', now), now - 15 * 60_000);
    assert.equal(parseMoment('1.5h', now), now - 90 * 60_000);
    assert.equal(parseMoment('7d ago', now), now - 7 * 86_400_000);
    assert.equal(parseMoment('now', now), now);
    assert.equal(parseMoment('today', now), new Date(2026, 10, 25).getTime());
    assert.equal(parseMoment('yesterday', now), new Date(2026, 10, 24).getTime());
    assert.equal(parseMoment('2026-11-25', now), new Date(2026, 10, 25).getTime());
    assert.equal(parseMoment('2026-11-25 10:00', now), new Date(2026, 10, 25, 10).getTime());
    assert.equal(parseMoment('2026-11-25T10:00:30.5Z', now), Date.UTC(2026, 10, 25, 10, 0, 30, 500));
    assert.equal(parseMoment('2026-11-25T10:00+02:00', now), Date.UTC(2026, 10, 25, 8));
  });

  it('is nothing else', () => {
    for (const text of ['', 'm', '15', '15x', '-5m', '2026-13-01', '2026-11-25T', 'Nov 25', '1e3s', '5 m']) {
      assert.equal(parseMoment(text, now), undefined, text);
    }
  });
});

describe('an address of Redis', () => {
  it('names a server, a cluster or sentinels', () => {
    const plain = { tls: false, db: 0, master: '' };
    assert.deepEqual(parseRedisAddress('redis://'), {
      ...plain,
      kind: 'single',
      nodes: [{ host: '127.0.0.1', port: 6379 }],
    });
    assert.deepEqual(parseRedisAddress('rediss://me:p%40ss@db.example:7000/3'), {
      ...plain,
      kind: 'single',
      nodes: [{ host: 'db.example', port: 7000 }],
      username: 'me',
      password: 'p@ss',
      tls: true,
      db: 3,
    });
    assert.deepEqual(parseRedisAddress('redis://:secret@[::1]:7000').nodes, [{ host: '::1', port: 7000 }]);
    assert.deepEqual(parseRedisAddress('redis-cluster://a:1,b'), {
      ...plain,
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
    });
    assert.deepEqual(parseRedisAddress('rediss-sentinel://a,b:2/shop/1'), {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 2 },
      ],
      tls: true,
      db: 1,
      master: 'shop',
    });
  });

  it('says what is wrong with it, never the password', () => {
    for (const text of [
      'redis:me',
      'redis://a:1,b:2',
      'redis://secret@a/x',
      'redis://a:secret@b:99999',
      'redis://me:%zzsecret@a',
      'redis-cluster://a/1',
      'redis-other://a',
      'redis://a/1/2',
      'redis://a b',
    ]) {
      assert.throws(
        () => parseRedisAddress(text),
        (error: Error) => error.constructor.name === 'UsageError' && !error.message.includes('secret'),
        text,
      );
    }
    assert.throws(() => parseRedisAddress('redis://a:1,b:2'), /redis-cluster:\/\/a:1,b:2/);
  });
});
