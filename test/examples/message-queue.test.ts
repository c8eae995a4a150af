import assert from 'node:assert/strict';
import { it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { readText } from '../support/repository.ts';

const TREES = `\
send orders [producer] pear
  process orders [consumer] pear, acme
    ~> send orders [producer] pear

send orders [producer] plum
  process orders [consumer] plum, umbrella
    ~> send orders [producer] plum

send orders [producer] lamp
  process orders [consumer] lamp, acme
    ~> send orders [producer] lamp

count orders [consumer]
  ~> send orders [producer] pear
  ~> send orders [producer] plum
  ~> send orders [producer] lamp
`;

it('examples/message-queue prints a trace for each message, and a batch that links to them all', async () => {
  assert.equal(await outputOfNode(['dist/examples/message-queue/main.js']), TREES);
  assert.ok(readText('examples/message-queue/README.md').includes(TREES), 'its README shows the same');
});
