import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { runChild } from '../support/child-process.ts';
import { temporaryFolder } from './spool-folder.ts';

/** Two thousand spans, more than memory holds, with an exporter that is down; then it is up. */
const SOURCE = `
  import { span, start } from 'throughline';
  let isUp = false;
  const answer = () => (isUp ? { outcome: 'accepted' } : { outcome: 'retry', reason: 'down' });
  const exporter = { name: 'own', destination: 'http://there/', export: async () => answer() };
  const tl = start({ service: 'shop', exporters: exporter, limits: { queueBytes: 100_000 } });
  for (let i = 0; i < 2000; i++) span('work', { parent: null, attributes: { text: 'x'.repeat(100) } }).end();
  const full = tl.stats();
  isUp = true;
  await tl.flush(20_000);
  console.log(JSON.stringify([full, tl.stats()]));
  await tl.shutdown();
`;

describe('a limit to the size of files', () => {
  it('makes the spool begin the next file, and loses nothing', async (t) => {
    const variables = { THROUGHLINE_SPOOL_DIRECTORY: temporaryFolder(t) };
    // 64 blocks: of 512 or 1024 bytes, as the shell has it
    const limited = `ulimit -f 64; exec "$0" --input-type=module --eval "$1"`;
    const args = ['-c', limited, process.execPath, SOURCE];
    const { status, stdout, stderr } = await runChild('sh', args, { variables });
    assert.equal(status, 0, stderr);
    const [full, flushed] = JSON.parse(stdout);
    assertCounterLaw(full);
    assert.ok(full.spooled > 1500, stdout);
    assert.deepEqual([flushed.exported, flushed.spooled, flushed.dropped.queue], [2000, 0, 0]);
  });
});
