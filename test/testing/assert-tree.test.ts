import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTrace } from 'throughline/analysis';
import { assertTree, outline, type SpanRecord } from 'throughline/test';
import { checkout, record } from '../analysis/records.ts';
import { assertionOf, lines } from './messages.ts';

/** `a` over `b` and `c`, `c` over `d`; `e` a root of its own. Attributes of every type on `b`; `d` failed. */
function spans(): SpanRecord[] {
  return [
    record({ id: 1, name: 'a', kind: 'server', took: 100 }),
    record({
      id: 2,
      parent: 1,
      at: 1,
      name: 'b',
      tags: { count: 7, id: '7', ok: true, list: ['x', 'y]'], status: 'new' },
    }),
    record({ id: 3, parent: 1, at: 2, name: 'c' }),
    record({ id: 4, parent: 3, at: 3, name: 'd', failed: true, tags: { 'error.type': 'timeout' } }),
    record({ id: 5, at: 5, name: 'e' }),
  ];
}

const EXACT = `
  a
    b
    c
      d
  e
`;

function passes(expected: string, ordered = false): void {
  assertTree(spans(), expected, { ordered });
}

function fails(expected: string, ordered = false): void {
  assertionOf(() => assertTree(spans(), expected, { ordered }));
}

describe('a tree of spans', () => {
  it('matches its outline, siblings in any order', () => {
    passes(EXACT);
    passes('e\na\n  c\n    d\n  b');
    passes('e\r\na\r\n\tc\r\n\t\td\r\n\tb\r\n');
    assertTree(spans(), outline(spans()), { ordered: true });
    assertTree(checkout(), outline(checkout()));
    assertTree({ spans: spans() }, EXACT);
    assertTree(buildTrace(spans()), EXACT);
    assertTree([], '');
  });

  it('is complete: a span too many, too few, or elsewhere fails it', () => {
    fails('a\n  b\n  c\n    d');
    fails('a\n  b\n  c\ne');
    fails('a\n  b\n  c\n    d\n  e');
    fails(`${EXACT}  f`);
    fails(`${EXACT}  e`);
    fails('');
  });

  it('comes in order where that is asked', () => {
    passes(EXACT, true);
    fails('e\na\n  b\n  c\n    d', true);
    fails('a\n  c\n    d\n  b\ne', true);
    passes('...\ne', true);
    passes('a\n  ...\n  c\n    ...\n...', true);
    fails('a\n  c\n    d\n  ...\ne', true);
  });

  it('may stand with spans whose parent is not there', () => {
    assertTree(
      spans().filter(({ name }) => name !== 'a'),
      'b\nc\n  d\ne',
    );
  });
});

describe('a wildcard', () => {
  it('stands for any characters of a name, alone for any one span', () => {
    passes('*\n  b*\n  *c*\n    *\n*');
    fails('*\n  b*\n  c?\n    *\n*');
    fails('*');
  });

  it('leaves to the literal lines what only they can take', () => {
    passes('*\n  *\n  c\n    d\ne');
    passes('*\n  *\n    d\n  b\ne');
    const twins = [record({ id: 1, name: 'x' }), record({ id: 2, name: 'xy' }), record({ id: 3, name: 'xyz' })];
    assertTree(twins, 'x*\nxy*\nxyz*');
    assertTree(twins, 'xyz*\nx*\nxy*');
    assertionOf(() => assertTree(twins, 'xyz*\nxy*\nxy*'));
  });

  it('is a star where the name is in quotes', () => {
    const star = [record({ id: 1, name: 'GET /files/*' })];
    assertTree(star, '"GET /files/*"');
    assertTree(star, 'GET /files/*');
    assertionOf(() => assertTree([record({ id: 1, name: 'GET /files/a' })], '"GET /files/*"'));
    assert.equal(outline(star), '"GET /files/*"');
  });

  it('of three dots stands for any further spans with all below them', () => {
    passes('...');
    passes('a\n  ...\ne');
    passes('a\n  c\n    ...\n  ...\n...');
    passes('...\na\n  b\n  c\n    d\n    ...\n  ...\ne');
    fails('a\n  x\n  ...\ne');
  });
});

describe('what stands in braces', () => {
  function holds(attributes: string): void {
    passes(`a\n  b {${attributes}}\n  ...\n...`);
  }
  function holdsNot(attributes: string): void {
    fails(`a\n  b {${attributes}}\n  ...\n...`);
  }

  it('must hold for the attributes it names, and says nothing about others', () => {
    for (const good of ['', 'count: 7', 'id: "7"', 'ok: true', 'list: ["x", "y]"]', 'count: 7, id: "7" , ok:true'])
      holds(good);
    for (const bad of ['count: 8', 'count: "7"', 'id: 7', 'ok: false', 'list: ["x"]', 'count: 7, id: "8"', 'gone: 7']) {
      holdsNot(bad);
    }
  });

  it('takes bare text as text, a star in it as any characters', () => {
    holds('"status": new');
    holds('"status": n*');
    holds('count: *');
    holds('count: 7*');
    holdsNot('"status": old');
    holdsNot('gone: *');
  });

  it('takes undefined for an attribute that must not be there', () => {
    holds('gone: undefined');
    holdsNot('id: undefined');
  });

  it('means the span itself by kind and status', () => {
    passes('a {kind: server, status: unset}\n  b {kind: internal}\n  c\n    d {status: error}\ne');
    fails('a {kind: client}\n  ...\n...');
    fails('a {status: error}\n  ...\n...');
  });

  it('has a short form for failed', () => {
    passes('a\n  b\n  c\n    ✗ d {error.type: time*}\ne');
    passes('a\n  b\n  c\n    ✗d\ne');
    fails('✗ a\n  ...\n...');
  });

  it('is part of a name where no space is before it', () => {
    const optional = [record({ id: 1, name: 'GET /users{/:id}' })];
    assertTree(optional, 'GET /users{/:id}');
    assertTree(optional, 'GET /users{/:id} {kind: internal}');
    assert.equal(outline([record({ id: 1, name: 'a {b}' })]), '"a {b}"');
  });
});

describe('a failed tree assertion', () => {
  it('shows what was expected, what came, and where they differ', () => {
    const error = assertionOf(() =>
      assertTree(
        spans(),
        `
          a {kind: *, http.response.status_code: 200}
            b {count: 7}
            c
              ✗ d {error.type: declined}
              audit
        `,
      ),
    );
    assert.equal(
      error.message,
      lines(
        'assertTree(): the spans do not form the expected tree',
        '',
        'expected:',
        '  a {kind: *, http.response.status_code: 200}',
        '    b {count: 7}',
        '    c',
        '      ✗ d {error.type: declined}',
        '      audit',
        '',
        'came:',
        '  a {kind: server, http.response.status_code: undefined}',
        '    b {count: 7}',
        '    c',
        '      ✗ d {error.type: "timeout"}',
        '  e',
        '',
        'difference (- missing, + not expected, ~ other than expected):',
        '~ a {kind: server, http.response.status_code: undefined}  ← expected {http.response.status_code: 200}',
        '    b {count: 7}',
        '    c',
        '~     ✗ d {error.type: "timeout"}  ← expected {error.type: declined}',
        '-     audit',
        '+ e',
      ),
    );
  });

  it('lays a renamed span beside the one it was', () => {
    const came = [...spans(), record({ id: 6, parent: 1, at: 6, name: 'queries' })];
    const error = assertionOf(() => assertTree(came, 'root\n  query\n  b\n  c\n    d\ne'));
    assert.equal(
      error.message.split('\n\n').at(-1),
      lines(
        'difference (- missing, + not expected, ~ other than expected):',
        '~ a  ← expected root',
        '-   query',
        '    b',
        '    c',
        '      ✗ d',
        '+   queries',
        '  e',
      ),
    );
    const slip = assertionOf(() => assertTree(spans().slice(4), 'e'.repeat(5)));
    assert.match(slip.message, /\n- eeeee\n\+ e$/);
    const typo = assertionOf(() => assertTree([record({ id: 1, name: 'load order' })], 'load orders'));
    assert.match(typo.message, /\n~ load order {2}← expected load orders$/);
  });

  it('shows in order what came at another place', () => {
    const error = assertionOf(() => assertTree(spans(), 'a\n  c\n    ...\n  b\n...', { ordered: true }));
    assert.match(error.message, /^assertTree\(\): the spans do not form the expected tree, in its order\n/);
    assert.equal(
      error.message.split('\n\n').at(-1),
      lines(
        'difference (- missing, + not expected, ~ other than expected):',
        '  a',
        '-   c',
        '-     ...',
        '    b',
        '+   c',
        '+     ✗ d',
        '  ...',
      ),
    );
  });

  it('gives runners two texts whose difference is what is wrong and nothing else', () => {
    const error = assertionOf(() => assertTree(spans(), '*\n  c\n    d\n  b {count: *, id: x}\n...'));
    assert.equal(error.operator, 'assertTree');
    assert.equal(error.expected, lines('a', '  c', '    ✗ d', '  b {count: *, id: x}', 'e'));
    assert.equal(error.actual, lines('a', '  c', '    ✗ d', '  b {count: 7, id: "7"}', 'e'));
  });

  it('says so when no span came', () => {
    const { message } = assertionOf(() => assertTree([], 'a'));
    assert.match(message, /\n\ncame:\n {2}\(no spans\)\n\n/);
    assert.match(message, /\n- a$/);
  });

  it('makes hostile names and values safe to print', () => {
    const hostile = [record({ id: 1, name: '\u001b[2J\nGET \u202e', tags: { 'a\u0007': '\u001b]0;x\u0007' } })];
    const { message } = assertionOf(() => assertTree(hostile, '* {"a\\u0007": 1}'));
    assert.match(message, /^~ "\\u001b\[2J\\nGET \\u202e" \{"a\\u0007": "\\u001b\]0;x\\u0007"\} {2}← expected/m);
    const came = message.slice(message.indexOf('came:'));
    assert.doesNotMatch(came.replaceAll('\n', ''), /\p{C}/u);
    assert.equal(outline([record({ id: 1, name: '' })]), '""');
  });

  it('stays short when a trace is long or deep', () => {
    const deep = Array.from({ length: 3000 }, (_, i) => record({ id: i + 1, parent: i === 0 ? undefined : i }));
    const { message } = assertionOf(() => assertTree(deep, 'other'));
    assert.ok(message.length < 200_000, String(message.length));
    assert.match(message, /… and 2700 more lines/);
  });

  it('comes quickly for many siblings that look alike', () => {
    const many = Array.from({ length: 300 }, (_, i) => record({ id: i + 1, name: `item ${i % 3}` }));
    const expected = Array.from({ length: 300 }, (_, i) => (i === 0 ? 'item 9' : `item ${i % 2 === 0 ? '*' : i % 3}`));
    assertionOf(() => assertTree(many, expected.join('\n')));
    assertTree(many, Array.from({ length: 300 }, () => 'item *').join('\n'));
  });

  it('begins its stack where the test called', () => {
    const error = assertionOf(() => assertTree([], 'a'));
    assert.match(error.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? '', /assert-tree\.test/);
  });
});

describe('an expected tree that is none', () => {
  const MISTAKES: readonly (readonly [text: string, place: string, problem: string])[] = [
    ['a\n   b\n  c', 'line 3, column 3', 'this indentation is that of no line above'],
    ['  a\nb', 'line 2, column 1', 'this indentation is that of no line above'],
    ['\ta\n\t  b', 'line 2, column 1', 'indent with spaces or with tabs, not both'],
    ['...\n  a', 'line 2, column 3', '"..." stands for whole subtrees and has no children'],
    ['✗ ', 'line 1, column 2', 'a name is missing (* fits any)'],
    ['{x: 1}', 'line 1, column 1', 'a name is missing (* fits any)'],
    ['"abc', 'line 1, column 1', 'a closing " is missing'],
    ['"a\\x"', 'line 1, column 1', '"a\\x" is not valid JSON'],
    ['a {x', 'line 1, column 5', '":" is missing'],
    ['a {x: 1', 'line 1, column 8', '"}" is missing'],
    ['a {: 1}', 'line 1, column 4', 'a key is missing'],
    ['a {x: , y: 1}', 'line 1, column 7', 'a value is missing for "x" (* fits any)'],
    ['a {x: [1}', 'line 1, column 7', 'a closing "]" is missing'],
    ['a {x: [1 2]}', 'line 1, column 7', '[1 2] is not valid JSON'],
    ['a {x: "1" 2}', 'line 1, column 11', '"}" is missing'],
    ['a {x: 1} b', 'line 1, column 9', 'nothing may follow the "}" (a name that holds " {" needs quotes)'],
  ];

  for (const [text, place, problem] of MISTAKES) {
    it(`is refused with its place: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => assertTree([], text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_THROUGHLINE_OPTION');
          assert.equal(error.message.split('\n\n')[0], `assertTree(): ${place} of the expected tree: ${problem}`);
          return true;
        },
      );
    });
  }

  it('is shown with a mark at the place', () => {
    assert.throws(() => assertTree([], '\n  load {error.type: }\n'), {
      name: 'TypeError',
      message: lines(
        'assertTree(): line 2, column 21 of the expected tree: a value is missing for "error.type" (* fits any)',
        '',
        '  load {error.type: }',
        '                    ^',
      ),
    });
  });

  it('is refused when it is no text', () => {
    assert.throws(() => assertTree([], ['a'] as never), {
      message: /^assertTree\(\): expected the tree as a text, got an array$/,
    });
    assert.throws(() => assertTree([], '', { orderd: true } as never), { message: /did you mean "ordered"\?$/ });
  });
});
