import type { ToolSet } from './tool-set.ts';

const APP = `const express = require('express');
const { span, tracing } = require('throughline');

const app = express();
app.use(tracing());
app.get('/orders/:id', async (req, res) => {
  await span('load order', async (s) => s.tag('order.id', req.params.id));
  res.json({ id: req.params.id });
});
module.exports = { app };
`;

const TEST = `const request = require('supertest');
const { assertTree, capture } = require('throughline/test');
const { app } = require('./app');

CLAIM('a request is one trace', async () => {
  const captured = await capture(() => request(app).get('/orders/7').expect(200));
  assertTree(captured, 'GET /orders/:id\\n  load order {order.id: "7"}');
});
`;

const claim = (text: string, name: string): string => text.replace('CLAIM', name);

/** The same two files as a project writes them that has \`import\`. */
const asModules = (text: string, ending = ''): string =>
  text
    .replace(/const (\{[^}]*\}|\w+) = require\('([^']+)'\);/g, "import $1 from '$2';")
    .replace(/from '\.\/app'/, `from './app${ending}'`)
    .replace(/module\.exports = (\{.*\})/, 'export $1');

const SERVED = { express: '5.3.0', supertest: '7.3.2' };
const BABEL = { '@babel/core': '7.29.13', '@babel/preset-env': '7.29.14' };
const TYPED = {
  typescript: '5.9.3',
  '@types/express': '5.0.6',
  '@types/supertest': '7.2.1',
  '@types/node': '20.19.43',
};

/** The settings that people set for these tools, whatever they test: nothing of it is for us. */
const BABEL_CONFIG = `module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };\n`;
const TS_CONFIG = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    module: 'commonjs',
    moduleResolution: 'node10',
    esModuleInterop: true,
    strict: true,
    skipLibCheck: false,
    noImplicitAny: false,
  },
});

/** Test runners over a small app: a test that captures a trace passes, with nothing configured for us. */
export const runnerSets: readonly ToolSet[] = [
  ...['29.7.0', '30.5.2'].map((version): ToolSet => {
    const jest = { ...SERVED, ...BABEL, ...TYPED, jest: version, 'ts-jest': '29.4.15', '@types/jest': '30.0.0' };
    const [major] = version.split('.');
    const args = ['../node_modules/jest/bin/jest.js', '--ci'];
    return {
      name: `jest-${major}`,
      dependencies: jest,
      files: {
        'commonjs/package.json': '{}',
        'commonjs/app.js': APP,
        'commonjs/app.test.js': claim(TEST, 'test'),
        'babel/package.json': '{}',
        'babel/babel.config.js': BABEL_CONFIG,
        'babel/app.js': asModules(APP),
        'babel/app.test.js': asModules(claim(TEST, 'test')),
        'ts/package.json': '{ "jest": { "preset": "ts-jest" } }',
        'ts/tsconfig.json': TS_CONFIG,
        'ts/app.ts': asModules(APP),
        'ts/app.test.ts': asModules(claim(TEST, 'test')),
        'modules/package.json': '{ "type": "module", "jest": { "transform": {} } }',
        'modules/app.js': asModules(APP),
        'modules/app.test.js': asModules(claim(TEST, 'test'), '.js'),
      },
      cells: [
        { name: `Jest ${version}, CommonJS`, folder: 'commonjs', args, nodes: [20, 24] },
        { name: `Jest ${version}, babel-jest`, folder: 'babel', args, nodes: [20, 24] },
        { name: `Jest ${version}, ts-jest`, folder: 'ts', args, nodes: [20, 24] },
        {
          name: `Jest ${version}, ES modules`,
          folder: 'modules',
          args: ['--experimental-vm-modules', ...args],
          nodes: [20, 24],
        },
      ],
    };
  }),
  {
    name: 'vitest',
    dependencies: { ...SERVED, vitest: '4.1.12' },
    files: {
      'app.mjs': asModules(APP),
      'app.test.mjs': `import { test } from 'vitest';\n${asModules(claim(TEST, 'test'), '.mjs')}`,
    },
    cells: [{ name: 'vitest 4.1.12', folder: '.', args: ['node_modules/vitest/vitest.mjs', 'run'], nodes: [20, 24] }],
  },
  {
    name: 'mocha',
    dependencies: { ...SERVED, mocha: '11.8.0' },
    files: {
      'app.js': APP,
      'app.test.js': claim(TEST, 'it'),
      'app.mjs': asModules(APP),
      'app.test.mjs': asModules(claim(TEST, 'it'), '.mjs'),
    },
    cells: [
      {
        name: 'mocha 11.8.0, CommonJS',
        folder: '.',
        args: ['node_modules/mocha/bin/mocha.js', 'app.test.js'],
        nodes: [20, 24],
      },
      {
        name: 'mocha 11.8.0, ES modules',
        folder: '.',
        args: ['node_modules/mocha/bin/mocha.js', 'app.test.mjs'],
        nodes: [20, 24],
      },
    ],
  },
];
