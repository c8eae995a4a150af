import type { KoaClass } from './koa-app.ts';
import type { ServerBench } from './server-bench.ts';
export function koaRouteCases(_bench: ServerBench, _Koa: KoaClass): void {}
