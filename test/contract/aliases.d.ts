// The older majors stand in package.json under names of their own, for which there are no types: what
// the tests use of them is the same in both.
declare module 'express4' {
  import express from 'express';
  export default express;
}

declare module 'koa2' {
  import Koa from 'koa';
  export default Koa;
}

declare module 'node-fetch2' {
  import fetch from 'node-fetch';

  export { Headers, Request, Response } from 'node-fetch';
  export default fetch;
}

declare module 'make-fetch-happen' {
  import fetch from 'node-fetch';

  interface FetchWithDefaults {
    (...args: Parameters<typeof fetch>): ReturnType<typeof fetch>;
    defaults(options: Record<string, unknown>): FetchWithDefaults;
  }
  const makeFetchHappen: FetchWithDefaults;
  export default makeFetchHappen;
}
