import { nockSuite } from './nock-suite.ts';

const skip = 'withResolvers' in Promise ? undefined : 'nock 15 needs Node 22';

nockSuite('nock 15', async () => (await import('nock15')).default, ['http', 'lists', 'fetch'], skip);
