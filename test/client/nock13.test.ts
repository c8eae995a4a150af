import { nockSuite } from './nock-suite.ts';

nockSuite('nock 13', async () => (await import('nock13')).default, ['http']);
