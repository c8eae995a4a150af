import { nockSuite } from './nock-suite.ts';

nockSuite('nock 14', async () => (await import('nock14')).default, ['http', 'lists', 'fetch']);
