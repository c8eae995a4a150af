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
