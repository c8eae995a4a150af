import { span, start } from 'throughline';

/** Run by bounded-state.test.ts with --expose-gc and a number: what stays in the library after so many names and keys that nobody used before. */
Error.stackTraceLimit = 1; // not what is measured, and whole stacks would take a third of the time
const COUNT = Number(process.argv[2]);
const throughline = start({ service: 'bounded', exporters: 'none' });

function use(n: number): void {
  span(`operation ${n}`, { parent: null }, (root) => {
    root.tag(`key.${n}`, n).log(`event ${n}`, { [`field.${n}`]: n });
    root
      .child(`child ${n}`)
      .fail(Object.assign(new Error('no'), { code: `CODE_${n}` }))
      .end();
  });
}

async function heapBytes(): Promise<number> {
  await throughline.flush();
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

for (let n = 0; n < COUNT / 10; n++) use(-n);
const before = await heapBytes();
for (let n = 0; n < COUNT; n++) {
  use(n);
  if (n % 5000 === 0) await throughline.flush();
}
const grownBytes = (await heapBytes()) - before;

const one = span('one', { parent: null });
for (let n = 0; n < COUNT; n++) one.tag(`unique.${n}`, 'x').log(`event ${n}`);
const openBytes = (await heapBytes()) - before - grownBytes;
one.end();
console.log(JSON.stringify({ grownBytes, openBytes, ended: throughline.stats().ended }));
