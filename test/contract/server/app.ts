import type { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import type { TracingOptions } from 'throughline';
import { inject } from 'throughline/propagation';

/** The way an app of the server contract is put together. */
export interface AppOptions {
  /** The place of `tracing()`: first in the app, there twice, in the `/part` router alone, or nowhere. */
  readonly tracing: 'once' | 'twice' | 'router' | 'off';
  /** Passed on as options of `tracing()`. */
  readonly trustProxy?: boolean;
  readonly incoming?: NonNullable<TracingOptions['incoming']>;
  /** Further options of `tracing()`. */
  readonly more?: TracingOptions;
  /** The setting that the framework itself is told (Express's `trust proxy`, Koa's `proxy`). */
  readonly frameworkTrustsProxy?: boolean;
  /** Handlers emit `arrived` here when they are reached, and wait for `go` where the route says so; `raw` has the request and response. */
  readonly stage: EventEmitter;
}

/**
 * The same app in one framework. It has these routes:
 *
 *     GET  /ok                  200 'ok'                    GET  /bytes/:count  that many bytes
 *     GET  /context             what inject() writes        GET  /deep          the same from callbacks
 *     POST /echo                length of the body read, and traceparent
 *     GET  /users/:id           the id                      any  /any           'any'
 *     GET  /api/:version/:user/posts/:pid                   mounted; nothing else is in there
 *     GET  /created 201   /empty 204   /unchanged 304   /teapot 418 thrown   /unavailable 503 answered
 *     GET  /throws  /rejects  /fails                        an error of the app, answered with 500
 *     GET  /handler-throws                                  the app's error handler throws as well
 *     GET  /recovered                                       an error that the app answers with 200
 *     GET  /stream              'first', then 'last' after `go`
 *     GET  /hang                never answered
 *     GET  /destroyed           the response is destroyed
 *     any  /raw                 whatever `stage` does with the request and response of `raw`
 *     GET  /early  /late        answered before tracing() is reached; closed before it is reached
 *     GET  /before              an error, or an answer, that comes before tracing()
 *     GET  /part/:id            in a router of its own
 */
export interface AppUnderTest {
  readonly listener: RequestListener;
  /** True where there are route templates at all. */
  readonly knowsRoutes: boolean;
  /** True where an error that reaches the edge of the app is shown to middleware. */
  readonly showsErrors: boolean;
  /** True where the framework has a setting of its own for trusting proxies. */
  readonly knowsProxies: boolean;
}

/** The options of `tracing()` that an app is to pass on. */
export function tracingOptions({ trustProxy, incoming, more }: AppOptions): TracingOptions {
  return { ...more, ...(trustProxy !== undefined && { trustProxy }), ...(incoming !== undefined && { incoming }) };
}

export type MakeApp = (options: AppOptions) => AppUnderTest;

/** The answer of `/context`: the headers an outbound message would carry from here. */
export function contextHere(): Record<string, string> {
  return inject<Record<string, string>>({});
}

/** The traceparent an outbound message would carry from here; it names the active span. */
export function traceparentHere(): string {
  return contextHere().traceparent ?? 'none';
}

/** The answer of `/deep`: the traceparent after awaits, in timers, in microtasks and in stream events. */
export async function traceparentsBelow(): Promise<string[]> {
  const seen = [traceparentHere()];
  await Promise.resolve();
  seen.push(traceparentHere());
  await new Promise<void>((resolve) => setImmediate(() => resolve(void seen.push(traceparentHere()))));
  await new Promise<void>((resolve) => setTimeout(() => resolve(void seen.push(traceparentHere())), 1));
  await new Promise<void>((resolve) => queueMicrotask(() => resolve(void seen.push(traceparentHere()))));
  for await (const _chunk of Readable.from(['a', 'b'])) seen.push(traceparentHere());
  return seen;
}

/** An error as `http-errors` makes them: Express and Koa answer with its status. */
export function errorWithStatus(message: string, status: number): Error {
  return Object.assign(new RangeError(message), { status, expose: true });
}

/** The status an error asks for. */
export function statusOf(error: unknown): number {
  return (error as { status?: number } | undefined)?.status ?? 500;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
