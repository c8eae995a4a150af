import { listEntries } from '../support/repository.ts';
import type { ToolSet } from './tool-set.ts';

/** Uses of every entry that fail to compile where a type is missing, or is `any`. */
const APP = `import { baggage, current, logFields, span, start, traceAxios, traceFetch, tracing, type Span } from 'throughline';
import { memory, otlp } from 'throughline/exporters';
import { extract, inject } from 'throughline/propagation';
import { capture } from 'throughline/test';
${listEntries()
  .map(
    ({ name }, index) =>
      `import * as entry${index} from '${name}';\nexport const names${index} = Object.keys(entry${index});`,
  )
  .join('\n')}

const exporter = memory();
start({ service: 'shop', exporters: [exporter, otlp({ endpoint: 'http://collector:4318' })], sample: 0.5 });
export const middleware = tracing({ ignore: ['/healthz'] });
export const fetched: Promise<Response> = traceFetch()('http://stock/apple');
export const loaded: Promise<number> = span('load', async (s: Span) => s.tag('rows', 3).traceId.length);
export const headers: Record<string, string> = inject({}, {});
export const sampled: boolean | undefined = extract(headers)?.sampled;
export const fields: object = { ...logFields(), tenant: baggage.get('tenant'), id: current()?.spanId };
export const captured = capture(async () => {}).then(({ spans }) => spans.map(({ name }) => name.length));
// @ts-expect-error there is no such option
start({ servce: 'shop' });
// @ts-expect-error the name is a string
span(5);
// @ts-expect-error a number is no path
tracing({ ignore: 5 });
export const client: { get(url: string): Promise<unknown> } = traceAxios({ get: async (url: string) => url });
`;

type Options = readonly [module: string, moduleResolution: string];

const OWN_FORMAT: readonly Options[] = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
];

/** By version: the types of Node that it can read, and what it has of \`module\` and \`moduleResolution\`. */
const compilers: Readonly<Record<string, { readonly node: string; readonly options: readonly Options[] }>> = {
  '4.9.5': { node: '20.9.5', options: [['commonjs', 'node'], ...OWN_FORMAT] },
  '5.0.4': { node: '20.9.5', options: [['commonjs', 'node10'], ...OWN_FORMAT, ['esnext', 'bundler']] },
  '5.9.3': { node: '20.19.43', options: [['commonjs', 'node10'], ...OWN_FORMAT, ['esnext', 'bundler']] },
  '6.0.3': { node: '20.19.43', options: [['commonjs', 'node10'], ['commonjs', 'bundler'], ...OWN_FORMAT] },
  '7.0.2': { node: '20.19.43', options: [['commonjs', 'bundler'], ...OWN_FORMAT, ['esnext', 'bundler']] },
};

/** TypeScript over a package that is CommonJS, with an ES module in it where the resolution tells them apart. */
export const compilerSets: readonly ToolSet[] = Object.entries(compilers).map(([version, { node, options }]) => ({
  name: `typescript-${version}`,
  dependencies: { typescript: version, '@types/node': node },
  files: Object.fromEntries(
    options.flatMap(([module, moduleResolution]) => [
      [`${module}-${moduleResolution}/app.ts`, APP],
      [`${module}-${moduleResolution}/tsconfig.json`, configOf(version, module, moduleResolution)],
      ...(module === moduleResolution ? [[`${module}-${moduleResolution}/app.mts`, APP]] : []),
    ]),
  ),
  cells: options.map(([module, moduleResolution]) => ({
    name: `TypeScript ${version}, module ${module}, moduleResolution ${moduleResolution}`,
    folder: `${module}-${moduleResolution}`,
    args: ['../node_modules/typescript/bin/tsc'],
    nodes: [20],
  })),
}));

function configOf(version: string, module: string, moduleResolution: string): string {
  return JSON.stringify({
    compilerOptions: {
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      target: 'es2022',
      lib: ['es2022'],
      module,
      moduleResolution,
      esModuleInterop: true,
      types: ['node'],
      // Decorators came with 5.0; what a library's declarations say of them, older compilers cannot read.
      skipLibCheck: version.startsWith('4.'),
      ...(version.startsWith('6.') && moduleResolution === 'node10' && { ignoreDeprecations: '6.0' }),
    },
  });
}
