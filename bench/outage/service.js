import { answer } from '../processes.js';

// A service that makes spans at a steady rate; which tracer makes them, its first argument says.
const { open } = await import(`./doors/${process.argv[2]}.js`);
const rate = Number(process.argv[3]);
const door = open({ spoolDirectory: process.argv[4] });
let made = 0;
let timer;

function begin() {
  const startMs = performance.now();
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * rate) / 1000);
    while (made < due) {
      made += 1;
      const more = { 'app.user': `user ${made % 100}`, 'app.item': 'a lamp', 'app.count': made % 7, 'app.new': true };
      door.makeSpan({ seq: made, run: 'outage', ...more });
    }
  }, 5);
}

async function finish() {
  clearInterval(timer);
  const startMs = performance.now();
  await door.finish();
  return { made, counted: door.counted(), finishMs: performance.now() - startMs };
}

answer({ begin, finish }, undefined);
