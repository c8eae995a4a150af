import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runNode } from '../support/child-process.ts';
import { type CleanMachine, createCleanMachine } from '../support/clean-machine.ts';
import { listEntries, readText, repositoryRoot } from '../support/repository.ts';

const TSC = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');

/** The options that an app or a library of a company would compile its own wrapper around us with. */
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  declaration: true,
  emitDeclarationOnly: true,
  outDir: 'types',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  skipLibCheck: true,
};

/** Types with a parameter: it is what an app would give. */
const PARAMETERS: Readonly<Record<string, string>> = {
  ExtractOptions: '<object>',
  Getter: '<object>',
  InjectOptions: '<object>',
  Setter: '<object>',
  RequestListener: '<void>',
  SettableRequest: '<string>',
  TracedResponse: '<string>',
  UpgradeListener: '<void>',
  FetchOr: '<undefined>',
};

/** `throughline/exporters` → its own value and type names, as its source has them. */
async function namesOf(entry: string, source: string): Promise<{ values: string[]; types: string[] }> {
  const values = Object.keys(await import(entry)).sort();
  const lists = [...readText(source).matchAll(/^export (type )?\{([^}]*)\}/gm)];
  const types = lists.flatMap(([, isType, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && (isType !== undefined || item.startsWith('type ')))
      .map((item) => item.replace(/^type /, '').replace(/^.* as /, '')),
  );
  const declared = [...readText(source).matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name);
  return { values, types: [...types, ...declared] };
}

/** Refuses a type with an optional field that cannot be given `undefined`: `process.env.X` is a string or that. */
const TAKES_UNDEFINED = `
type ObjectOf<T> = [Bag<T>] extends [never] ? {} : Bag<T>;
type Bag<T> = T extends string | Function | readonly unknown[] ? never : T extends object ? T : never;
type OptionalKeys<B> = { [K in Exclude<keyof B, Foreign>]-?: {} extends Pick<B, K> ? K : never }[Exclude<keyof B, Foreign>];
type Foreign = keyof Object | keyof Error;
type Takes<B> = B extends unknown ? ({ [K in OptionalKeys<B>]: undefined } extends Pick<B, OptionalKeys<B>> ? true : OptionalKeys<B>) : never;
type TakesUndefined<T> = [Bag<T>] extends [never] ? true : Takes<Bag<T>>;
const takes: TakesUndefined<{ a?: string | undefined; b: string }> = true;
// @ts-expect-error: the check works
const refuses: TakesUndefined<{ a?: string; b: string }> = true;
`;

/** Shaped as OpenTelemetry's types, which know no `undefined`; `Setter` has a method that is left out. */
const NEVER_UNDEFINED = ['SpanContext', 'SpanIdentity', 'BaggageEntry', 'Setter'];

/** An app that exports all it got: each function with its signature, each member of each type. */
async function reExports(entry: string, source: string): Promise<string> {
  const { values, types } = await namesOf(entry, source);
  assert.ok(values.length + types.length > 0, entry);
  return [
    `import * as it from '${entry}';`,
    TAKES_UNDEFINED,
    ...values.map((name) => `export const value_${name} = it.${name};`),
    ...types.flatMap((name) => [
      `declare const one_${name}: it.${name}${PARAMETERS[name] ?? ''};`,
      `export const type_${name} = one_${name};`,
      `export const members_${name} = { ...({} as ObjectOf<typeof one_${name}>) };`,
      ...(NEVER_UNDEFINED.includes(name)
        ? []
        : [`export const takes_${name}: TakesUndefined<typeof one_${name}> = true;`]),
    ]),
  ].join('\n');
}

/** The wrappers that an app really writes around us. */
const WRAPPERS = `
import { type Baggage } from 'throughline/propagation';
import { baggage, bind, current, span, start, traced, traceFetch, tracing } from 'throughline';
import { collector, capture, withTrace } from 'throughline/test';
import { memoryStore } from 'throughline/store';
import * as exporters from 'throughline/exporters';

export const tl = start({ service: 'shop' });
export const stats = () => tl.stats();
export const { doctor, openSpans } = tl;
export const check = async () => (await tl.doctor()).checks;
export const handler = tracing.handler((_req, res) => { res.end(); });
export const upgrade = tracing.upgrade((_req, socket) => { socket.destroy(); });
export const { layer, errors, metrics, metaTag } = tracing;
export const middleware = tracing();
export const metricsHandler = tracing.metrics();
export const entries = baggage.all();
export const one = baggage.get('a');
export const context = () => current()?.spanContext();
export const fetch = traceFetch();
export const load = span.wrap('load', async (id: string) => id);
export const decorator = traced('a');
export const bound = bind((text: string) => text.length);
export const backend = collector();
export const captured = capture();
export const tree = () => captured.tree();
export const store = memoryStore();
export const page = () => store.search();
export const all = { ...exporters };
export const bag = (given: Baggage) => given.getEntry('a');
export const send = withTrace;
`;

/** Each alone, as an app that imports nothing else of ours. */
describe('what an app exports of ours', () => {
  let machine: CleanMachine;
  before(() => {
    machine = createCleanMachine();
    symlinkSync(join(repositoryRoot, 'node_modules', '@types'), join(machine.folder, 'node_modules', '@types'));
    machine.write('package.json', '{ "type": "module" }');
  });
  after(() => machine.remove());

  async function errorsOf(name: string, text: string): Promise<string[]> {
    machine.write(`${name}/app.ts`, text);
    machine.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: OPTIONS, include: ['*.ts'] }));
    const { stdout } = await runNode([TSC, '--project', join(machine.folder, name), '--pretty', 'false']);
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('can be named in the declarations of the app', async () => {
    assert.deepEqual(await errorsOf('wrappers', WRAPPERS), []);
  });

  for (const { name, source } of listEntries()) {
    it(`can be named, all values and all members of all types of ${name}, and each option may be undefined`, async () => {
      const found = await errorsOf(name.replaceAll('/', '-'), await reExports(name, source));
      assert.deepEqual(found, []);
    });
  }
});
