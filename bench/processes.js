import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts a module below this folder as a process of its own and waits until it says `ready`.
 * `ask(name, value)` gets the answer of the function of that name (see {@link answer}); when the
 * process ends instead, the question rejects with what it said on stderr, which is not shown otherwise.
 */
export async function startProcess(module, { args = [], env = {}, execArgv = [], execPath = process.execPath } = {}) {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
    env: { ...process.env, ...env },
    execArgv,
    execPath,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-4000);
  });
  const questions = new Map();
  let lastId = 0;
  child.on('message', ({ id, value, error }) => {
    const question = questions.get(id);
    questions.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(`${module}: ${error}`));
  });
  child.once('close', (code, signal) => {
    const ended = new Error(`${module} ended: ${signal ?? code}\n${said}`);
    for (const question of questions.values()) question.reject(ended);
  });
  const expect = (id) => new Promise((resolve, reject) => questions.set(id, { resolve, reject }));
  const ask = (name, value) => {
    const answered = expect(++lastId);
    child.send({ id: lastId, name, value });
    return answered;
  };
  const ready = await expect('ready');
  return { ask, ready, stop: () => stopped(child) };
}

/** Asked to leave rather than killed: a profiled process writes its profile at exit. */
function stopped(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.disconnect();
  return ended;
}

/** The other side: answers the parent's questions by the functions given, then says `ready` with a first value. */
export function answer(functions, ready) {
  process.on('message', async ({ id, name, value }) => {
    try {
      process.send({ id, value: await functions[name](value) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ id: 'ready', value: ready });
}
