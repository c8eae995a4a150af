import { after, afterEach, before, describe } from 'node:test';
import type { MakeApp } from './server-app.ts';
import { ServerBench } from './server-bench.ts';
import { closingCases } from './server-closings.ts';
import { contextCases } from './server-context.ts';
import { endingCases } from './server-endings.ts';
import { harmlessCases } from './server-harmless.ts';
import { optionCases } from './server-options.ts';
import { proxyCases } from './server-proxies.ts';
import { requestCases } from './server-requests.ts';
import { statusCases } from './server-statuses.ts';
import { trustCases } from './server-trust.ts';

/**
 * What server middleware promises, whatever the framework; a new adapter is done when this passes.
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
