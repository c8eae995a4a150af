import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readText } from '../support/repository.ts';
import { anchorsOf, brokenLinks, listDocuments, pagesFrom } from './doc-links.ts';

describe('the links of the documents', () => {
  it('lead to files and headings that are there', () => {
    const broken = listDocuments().flatMap((document) => brokenLinks(document, readText(document)));
    assert.deepEqual(broken, []);
  });

  it('lead from the README to every page', () => {
    const reached = pagesFrom('README.md');
    assert.deepEqual(
      listDocuments().filter((page) => !reached.has(page)),
      [],
    );
  });
});

describe('the index of docs/rationale.md', () => {
  it('names every question, in the order of the page', () => {
    const page = readText('docs/rationale.md');
    const questions = [...page.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    const index = [...page.matchAll(/^- \[(.+)\]\(#.+\)$/gm)].map((match) => match[1]);
    assert.deepEqual(index, questions);
  });
});

describe('a link', () => {
  const check = (text: string) => brokenLinks('docs/page.md', text);

  it('to a file or heading that is not there is broken, and one that leads out of the repository', () => {
    const links = ['nowhere.md', 'api.md#nothing', '#nothing', '../../outside.md', '../src/index.ts#start'];
    assert.deepEqual(
      check(links.map((link) => `[x](${link})`).join('\n')),
      links.map((link) => `docs/page.md → ${link}`),
    );
  });

  it('to a file, a folder, a heading of this page or of another, and to the web, is not', () => {
    const links = ['api.md', '../src', '#here', 'api.md#api', 'https://example.com/#x'];
    assert.deepEqual(check(`# Here\n${links.map((link) => `[x](${link})`).join('\n')}`), []);
  });

  it('in code is no link', () => {
    assert.deepEqual(check('`[x](a.md)`\n\n```ts\n[x](b.md)\n```\n'), []);
  });
});

describe('the anchor of a heading', () => {
  it('is made as GitHub makes it', () => {
    const text = '# Why `a.b()`?\n```sh\n# no heading\n```\n## [Two](x.md) words: one\n## Again\n## Again\n';
    assert.deepEqual([...anchorsOf(text)], ['why-ab', 'two-words-one', 'again', 'again-1']);
  });
});
