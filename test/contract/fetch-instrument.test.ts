import { sendByFetch, UNDICI_TRAITS } from './client/fetch-sender.ts';
import { clientContract } from './client/suite.ts';
import { startWith } from './client/tracer.ts';

startWith({ instrument: { fetch: true } });

// What goes wrong after the last answer is nobody's attempt: without a wrapper the call itself is not seen.
clientContract(
  'instrument.fetch, the global one',
  { ...UNDICI_TRAITS, tooManyRedirects: null, hasOptions: false },
  () => sendByFetch((...args) => fetch(...args)),
);
