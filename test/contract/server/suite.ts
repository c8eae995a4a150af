import { after, afterEach, before, describe } from 'node:test';
import type { MakeApp } from './app.ts';
import { ServerBench } from './bench.ts';
import { closingCases } from './closings.ts';
import { contextCases } from './context.ts';
import { endingCases } from './endings.ts';
import { harmlessCases } from './harmless.ts';
import { optionCases } from './options.ts';
import { proxyCases } from './proxies.ts';
import { requestCases } from './requests.ts';
import { statusCases } from './statuses.ts';
import { trustCases } from './trust.ts';

/**
 * The promises of server middleware, whatever the framework; a new adapter is done when this passes.
 * One call a file: it starts the tracer of the process. `more` adds what only one framework has.
 */
export function serverContract(name: string, makeApp: MakeApp, more?: (bench: ServerBench) => void): void {
  const bench = new ServerBench(name, makeApp);
  describe(`${name} as a server`, () => {
    before(() => bench.open());
    afterEach(() => bench.assertTidy());
    after(() => bench.close());
    describe('context', () => contextCases(bench));
    describe('trust', () => trustCases(bench));
    describe('what a span says of the request', () => requestCases(bench));
    describe('proxies', () => proxyCases(bench));
    describe('statuses and errors', () => statusCases(bench));
    describe('endings', () => endingCases(bench));
    describe('closings', () => closingCases(bench));
    describe('options', () => optionCases(bench));
    describe('the app', () => harmlessCases(bench));
    if (more !== undefined) describe(`${name} alone`, () => more(bench));
  });
}
