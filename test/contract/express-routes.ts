import type { Express } from './express-app.ts';
import type { ServerBench } from './server-bench.ts';
export function expressRouteCases(_bench: ServerBench, _express: Express): void {}
