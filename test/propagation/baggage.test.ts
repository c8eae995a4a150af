import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Baggage } from '../../propagation/baggage.ts';
import { countLooks } from '../fuzz/looks.ts';

const MEGABYTE = 1_048_576;
/** 3.1, a list-member; without its comma. */
const MEMBER =
  /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*[ \t]*(?:;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*(?:=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*[ \t]*)?)*$/;
const GRAMMAR = /^[\x21\x23-\x5b\x5d-\x7e]*$/;

function roundTrip(header: string): string | undefined {
  return Baggage.parse(header)?.serialize();
}

function numbered(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => `k${from + index}=v`).join(',');
}

function valueAndProperties(header: string, key: string): unknown {
  const entry = Baggage.parse(header)?.getEntry(key);
  return [entry?.value, entry?.metadata?.properties];
}

test('reads the examples of the specification', () => {
  const header = 'key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue';
  const baggage = Baggage.parse(header);
  assert.deepEqual(
    baggage?.getAllEntries().map(([key, { value, metadata }]) => [key, value, metadata?.toString()]),
    [
      ['key1', 'value1', 'property1;property2'],
      ['key2', 'value2', undefined],
      ['key3', 'value3', 'propertyKey=propertyValue'],
    ],
  );
  assert.equal(
    baggage?.serialize(),
    'key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue',
  );
  assert.equal(Baggage.parse('serverNode=DF%2028')?.get('serverNode'), 'DF 28');
  assert.equal(Baggage.parse('userId=Am%C3%A9lie')?.get('userId'), 'Amélie');
});

test('passes a canonical header on byte for byte, even in another spelling than its own', () => {
  const headers = [
    'a=1',
    'a=',
    'a=b=c==',
    'a=%41%7e%c3%a9,b=%FF%fe,c=%zz%',
    'a=1;p;p;q=2;p=%20',
    "!#$%&'*+-.^_`|~=!#$%&'()*+-./:<=>?@[]^_`{|}~",
    '__proto__=1,constructor=2,toString=3,hasOwnProperty=4',
    numbered(64),
    `a=${'x'.repeat(8190)}`,
  ];
  for (const header of headers) assert.equal(roundTrip(header), header);
});

test('takes white space around every part, and sends none', () => {
  const header = ' \tSomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t SomeKey2 = v ; a \t = \t b \t';
  assert.equal(roundTrip(header), 'SomeKey=SomeValue;SomeProp,SomeKey2=v;a=b');
});

test('drops a malformed member and keeps the others', () => {
  const malformed = [
    '',
    ' ',
    'a',
    '=',
    '=1',
    'a b=1',
    'a"=1',
    'a(=1',
    'a[=1',
    'é=1',
    'a=1 2',
    'a="1"',
    'a=1\\2',
    'a=é',
    'a=\u0000',
    'a=1\r\nset-cookie: x',
    'a=1;',
    'a=1;;p',
    'a=1;=2',
    'a=1;p q',
    'a=1;p=q r',
    'a=1;p="q"',
    'a;p=1',
    'a=\ud800',
  ];
  for (const member of malformed) {
    assert.equal(roundTrip(member), undefined, JSON.stringify(member));
    assert.equal(roundTrip(`ok=1,${member},yes=2`), 'ok=1,yes=2', JSON.stringify(member));
  }
});

test('gives nothing for a header without members, so none is invented', () => {
  for (const header of ['', ',', ' , ,\t', ';', 'junk']) assert.equal(Baggage.parse(header), undefined);
});

test('decodes values: bytes that are no UTF-8 become U+FFFD, and a plus is a plus', () => {
  const baggage = Baggage.parse('bad=%FF,cut=%C3,mix=a%C3(b,plus=1+2,odd=100%,hex=%4,low=%c3%a9,nul=%00,crlf=%0D%0A');
  const values = Object.fromEntries(baggage?.getAllEntries().map(([key, entry]) => [key, entry.value]) ?? []);
  assert.deepEqual(values, {
    bad: '\ufffd',
    cut: '\ufffd',
    mix: 'a\ufffd(b',
    plus: '1+2',
    odd: '100%',
    hex: '%4',
    low: 'é',
    nul: '\u0000',
    crlf: '\r\n',
  });
});

test('never decodes a key, nor a property that is only a key', () => {
  assert.equal(Baggage.parse('a%20b=1')?.get('a%20b'), '1');
  assert.equal(Baggage.parse('a%20b=1')?.get('a b'), undefined);
  assert.deepEqual(valueAndProperties('a=1;p%20q;r=%20', 'a'), [
    '1',
    [
      { key: 'p%20q', value: undefined },
      { key: 'r', value: ' ' },
    ],
  ]);
});

test('keeps properties in order, repeated ones too', () => {
  assert.deepEqual(valueAndProperties('a=1;p=1;q;p=2;p=a=b', 'a'), [
    '1',
    [
      { key: 'p', value: '1' },
      { key: 'q', value: undefined },
      { key: 'p', value: '2' },
      { key: 'p', value: 'a=b' },
    ],
  ]);
});

test('keeps the newer of a repeated name, with its own properties', () => {
  assert.equal(roundTrip('a=old;p,b=1,a=new'), 'b=1,a=new');
  assert.equal(Baggage.parse('a=old,a=new')?.size, 1);
  assert.equal(roundTrip('a=1,A=2'), 'a=1,A=2');
});

test('keeps names of Object.prototype as plain names', () => {
  const baggage = Baggage.parse('__proto__=polluted');
  assert.equal(baggage?.get('__proto__'), 'polluted');
  assert.equal(baggage.get('constructor'), undefined);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('codes what the app sets: all but A-Z a-z 0-9 _ . ~ - /', () => {
  const sent = (value: string) => Baggage.empty.set('k', value).serialize();
  assert.equal(sent('AZaz09_.~-/'), 'k=AZaz09_.~-/');
  assert.equal(sent(' !"#$%&'), 'k=%20%21%22%23%24%25%26');
  assert.equal(sent("'()*+,:;<=>?@[\\]^`{|}"), 'k=%27%28%29%2A%2B%2C%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D');
  assert.equal(sent('Amélie 😀'), 'k=Am%C3%A9lie%20%F0%9F%98%80');
  assert.equal(sent('\r\nset-cookie: a\u0000\u007f'), 'k=%0D%0Aset-cookie%3A%20a%00%7F');
  assert.equal(sent('\ud800x'), 'k=%EF%BF%BDx');
  assert.equal(sent(''), 'k=');
});

test('adds at the end, changes in place, and leaves the baggage it came from alone', () => {
  const before = Baggage.parse('a=1;p,b=%41') ?? Baggage.empty;
  assert.equal(before.set('c', '3').serialize(), 'a=1;p,b=%41,c=3');
  assert.equal(before.set('a', '2').serialize(), 'a=2,b=%41');
  assert.equal(before.serialize(), 'a=1;p,b=%41');
  assert.equal(before.set('c', '3').get('c'), '3');
});

test('stays as it is when a key is no token or a value no string', () => {
  const baggage = Baggage.parse('a=1') ?? Baggage.empty;
  for (const key of ['', ' ', 'a b', 'a,b', 'a=b', 'a;b', 'é', 'a\r\n', '"', 1, null, undefined, Symbol('a'), {}]) {
    assert.equal(baggage.set(key as string, '1'), baggage);
  }
  for (const value of [1, null, undefined, {}, ['a'], Symbol('a')]) {
    assert.equal(baggage.set('b', value as string), baggage);
  }
  for (const entry of [null, undefined, 1, {}]) {
    assert.equal(baggage.setEntry('b', entry as unknown as { value: string }), baggage);
  }
});

test('stays as it is when the entry to set throws', () => {
  const fail = () => {
    throw new Error('not today');
  };
  const entry = Object.defineProperty({}, 'value', { get: fail }) as { value: string };
  assert.equal(Baggage.empty.setEntry('a', entry), Baggage.empty);
  assert.equal(Baggage.empty.setEntry('a', { value: '1', metadata: { toString: fail } }), Baggage.empty);
});

test('sends metadata that the app sets as properties, without what is none', () => {
  const sent = (metadata: string) => Baggage.empty.setEntry('a', { value: '1', metadata }).serialize();
  assert.equal(sent('ttl=30;internal'), 'a=1;ttl=30;internal');
  assert.equal(sent(' p = a b ; q '), 'a=1;p=a%20b;q');
  assert.equal(sent('p=%20;p=é;p=1,b=2'), 'a=1;p=%20;p=%C3%A9;p=1%2Cb=2');
  assert.equal(sent('bad key;=1;;é;\r\nx: y'), 'a=1');
  assert.equal(Baggage.empty.setEntry('a', { value: '1', metadata: 'p=1' }).getEntry('a')?.metadata?.toString(), 'p=1');
});

test('is made of many values at once, the last of a name, without what is no entry', () => {
  const values: [string, string][] = [
    ['a', '1'],
    ['b', 'x y'],
    ['a', '2'],
    ['no token', '3'],
    ['c', 4 as unknown as string],
  ];
  assert.equal(Baggage.of(values).serialize(), 'a=2,b=x%20y');
  assert.equal(Baggage.of([]), Baggage.empty);
});

test('goes over names and decoded values in the order in which they are sent', () => {
  const seen: string[] = [];
  const parsed = Baggage.parse('b=x%20y;p=1;q, a=%FF ,c=');
  parsed?.eachValue((key, value) => seen.push(`${key}:${value}`));
  parsed?.set('d', ' ').eachValue((key, value) => seen.push(`${key}:${value}`));
  assert.deepEqual(seen, ['b:x y', 'a:\ufffd', 'c:', 'b:x y', 'a:\ufffd', 'c:', 'd: ']);
});

test('removes entries and stays as it is without them', () => {
  const baggage = Baggage.parse('a=1,b=%41;p,c=3') ?? Baggage.empty;
  assert.equal(baggage.removeEntry('a').serialize(), 'b=%41;p,c=3');
  assert.equal(baggage.removeEntries('a', 'c', 'x').serialize(), 'b=%41;p');
  assert.equal(baggage.removeEntry('x'), baggage);
  assert.equal(baggage.removeEntries('a', 'b', 'c'), Baggage.empty);
  assert.equal(baggage.clear().serialize(), '');
});

test('reads and sends at most 64 members, the first of them', () => {
  assert.equal(roundTrip(numbered(65)), numbered(64));
  assert.equal(Baggage.parse(numbered(180))?.size, 64);
  assert.equal(Baggage.parse(numbered(64))?.set('more', '1').serialize(), numbered(64));
});

test('looks at no more than 64 members and 180 pieces of a list, blank and malformed ones too', () => {
  assert.equal(roundTrip(`${numbered(64)},k0=new`), numbered(64));
  assert.equal(roundTrip(`${numbered(63)},k0=new`), `${numbered(62, 1)},k0=new`);
  assert.equal(roundTrip(`${','.repeat(179)}a=1`), 'a=1');
  assert.equal(roundTrip(`${'junk,'.repeat(180)}a=1`), undefined);
});

test('reads every member as the grammar says, however it is spaced and wherever it stands', () => {
  const part = fc.constantFrom(...'ab=;;  \t', '"', '\\', 'é', '\u0141', '%41', '@', '\r');
  const wellFormed = fc.constantFrom(
    'a=1',
    ' b = 2 ; p',
    'c=;p=;q',
    '\td\t=\t4\t;\tp\t=\t1\t;q ',
    '%=%',
    'a=1 ;p=2; q =3',
  );
  const piece = fc.oneof(fc.string({ unit: part, maxLength: 12 }), wellFormed);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const expected = new Map<string, string>();
      for (const member of pieces.filter((text) => MEMBER.test(text))) {
        const text = member.replace(/[ \t]/g, '');
        const key = text.slice(0, text.indexOf('='));
        expected.delete(key);
        expected.set(key, text);
      }
      assert.equal(roundTrip(pieces.join(',')) ?? '', [...expected.values()].join(','));
    }),
    { seed: 42, numRuns: 2000 },
  );
});

test('takes no character beyond ASCII for one that has the same last eight bits', () => {
  assert.equal(roundTrip('\u0141=1,b=\u0131,c=3\u012c=4,d=4'), 'd=4');
});

test('reads one header while values of another are asked for', () => {
  const first = Baggage.parse('a = 1 ; p = 1 , b = 2');
  const second = Baggage.parse('x = 8 ; q = 9');
  assert.deepEqual([first?.get('a'), first?.size, first?.serialize()], ['1', 2, 'a=1;p=1,b=2']);
  assert.deepEqual([second?.get('x'), second?.serialize()], ['8', 'x=8;q=9']);
});

test('reads and sends at most 8192 bytes, in whole members', () => {
  const big = (key: string, length: number) => `${key}=${'x'.repeat(length - 2)}`;
  assert.equal(roundTrip(big('a', 8192))?.length, 8192);
  assert.equal(roundTrip(big('a', 8193)), undefined);
  assert.equal(roundTrip(`${big('a', 8188)},b=1`), `${big('a', 8188)},b=1`);
  assert.equal(roundTrip(`${big('a', 8189)},b=1`), big('a', 8189));
  assert.equal(roundTrip(`${big('a', 9000)},b=1`), 'b=1');
  assert.equal(roundTrip(`c=1,${big('a', 8190)},b=1`), 'c=1,b=1');
  assert.equal(roundTrip(`a=1;${big('p', 9000)},b=1`), 'b=1');
});

test('keeps a value of any size for the app and leaves it out when sending', () => {
  for (const value of ['x'.repeat(MEGABYTE), 'é'.repeat(MEGABYTE), 'é'.repeat(1366), '\r'.repeat(2731)]) {
    const baggage = Baggage.empty.set('big', value).set('b', '1');
    assert.equal(baggage.get('big'), value);
    assert.equal(baggage.serialize(), 'b=1');
  }
  assert.equal(Baggage.empty.set('k'.repeat(MEGABYTE), '1').serialize(), '');
  assert.equal(Baggage.empty.setEntry('a', { value: '1', metadata: ';'.repeat(MEGABYTE) }).serialize(), '');
});

test('looks at a bounded part of a megabyte, and never at part of a member', () => {
  for (const unit of [',', ';', '=', 'a', ' ', '%', 'a=1;', 'a;', '\u0000', 'é', ' \t']) {
    assert.equal(Baggage.parse(unit.repeat(MEGABYTE / unit.length)), undefined);
  }
  assert.equal(roundTrip('a=1,'.repeat(MEGABYTE / 4)), 'a=1');
  assert.equal(roundTrip(`a=1${','.repeat(MEGABYTE)}`), 'a=1');
  const cut = `${'a=1,'.repeat(8191)}secret=${'x'.repeat(100)}`;
  assert.equal(roundTrip(`${cut}${'y'.repeat(MEGABYTE)}`), 'a=1');
});

test('reads the properties of a megabyte of metadata that the app sets in one pass', () => {
  const metadata = `${';'.repeat(MEGABYTE / 2)}p=1${';a'.repeat(MEGABYTE / 4)}`;
  const properties = Baggage.empty.setEntry('a', { value: '1', metadata }).getEntry('a')?.metadata?.properties;
  assert.equal(properties?.length, 1 + MEGABYTE / 4);
});

test('is the same when it is looked at late, whatever is asked first', () => {
  const questions: ((baggage: Baggage) => unknown)[] = [
    (baggage) => baggage.size,
    (baggage) => baggage.get('a'),
    (baggage) => baggage.getEntry('a')?.metadata?.toString(),
    (baggage) => baggage.getAllEntries(),
    (baggage) => baggage.serialize(),
    (baggage) => baggage.set('c', '3').serialize(),
    (baggage) => baggage.set('not a token', '3') === baggage,
    (baggage) => baggage.removeEntry('a').serialize(),
    (baggage) => baggage.removeEntry('missing') === baggage,
    (baggage) => {
      const seen: string[] = [];
      baggage.eachValue((key, value) => seen.push(key, value));
      return seen;
    },
  ];
  for (const header of ['a=1;p,b=2', ' a = 1 ; p , junk, b=%41,a=3', 'junk', ',', `${numbered(70)},a=1`]) {
    for (const question of questions) {
      const late = Baggage.received(header);
      const atOnce = Baggage.parse(header);
      assert.deepEqual(question(late), question(atOnce ?? Baggage.empty), header);
      assert.equal(late.isAbsent, atOnce === undefined, header);
      assert.equal(late.serialize(), atOnce?.serialize() ?? '', header);
      assert.deepEqual(question(late), question(atOnce ?? Baggage.empty), header);
    }
  }
  assert.equal(Baggage.empty.isAbsent, false);
});

test('costs nothing while nobody asks, and is read once', () => {
  const header = 'a=1;p=2, '.repeat(1800);
  let late = Baggage.empty;
  assert.ok(countLooks(() => (late = Baggage.received(header))) < 10);
  assert.ok(countLooks(() => late.serialize()) > 1000);
  assert.ok(countLooks(() => late.serialize()) < 10);
});

test('keeps no header above 16 KB alive for later', () => {
  assert.ok(countLooks(() => Baggage.received('a=1;p=2, '.repeat(1830))) > 1000);
  assert.equal(Baggage.received(`${','.repeat(179)}a=1${','.repeat(MEGABYTE)}`).get('a'), '1');
});

test('sends any text as ASCII and gives it back', () => {
  const token = fc.string({ unit: fc.constantFrom(..."azAZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 });
  const value = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.tuple(token, value), { maxLength: 10 }), (pairs) => {
      let baggage = Baggage.empty;
      for (const [key, text] of pairs) baggage = baggage.set(key, text);
      const sent = baggage.serialize();
      assert.match(sent, GRAMMAR);
      const back = Baggage.parse(sent) ?? Baggage.empty;
      assert.deepEqual(back.getAllEntries(), baggage.getAllEntries());
      assert.equal(back.serialize(), sent);
    }),
    { seed: 42, numRuns: 500 },
  );
});

test('sends only valid properties whatever the metadata says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (metadata) => {
      const sent = Baggage.empty.setEntry('a', { value: '1', metadata }).serialize();
      assert.match(sent, GRAMMAR);
      assert.equal(roundTrip(sent), sent);
      assert.equal(Baggage.parse(sent)?.size, 1);
    }),
    { seed: 42, numRuns: 500 },
  );
});
