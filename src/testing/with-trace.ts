import { FLAG_SAMPLED, type SpanContext } from '../../propagation/context.ts';
import { optionError, showValue } from '../core/options/errors.ts';
import { idGenerator } from '../core/spans/ids.ts';
import { captureHere, type RunningCapture, SETTLE_TIMEOUT_MS, stillOpen } from './captured.ts';
import { failure } from './failure.ts';
import { LiveSpanView, type SpanView } from './span-view.ts';

/** A request that takes headers and is sent when it is awaited: supertest's, superagent's. */
export interface SettableRequest<Response> extends PromiseLike<Response> {
  set(name: string, value: string): unknown;
}

/** The result of {@link withTrace}. */
export interface TracedResponse<Response> {
  readonly response: Response;
  /** The spans of this request alone, all ended. */
  readonly trace: SpanView;
}

const ids = idGenerator();

const headerSetter = {
  set(request: SettableRequest<unknown>, name: string, value: string): void {
    request.set(name, value);
  },
};

/**
 * Sends a supertest request and hands back its trace beside the response: the request carries a trace id
 * of its own, and when the answer is there, the spans of that trace are waited for. They have to belong
 * to the capture this is called in, as they do when supertest is given the app; an app that listened
 * before is outside of it.
 *
 * Rejects with what the request rejects with (supertest's own expectations, say), and with an
 * AssertionError when no span came, or one is still open after 2 s.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` (a rejection) outside of a capture
 *
 * @example
 * const captured = capture();
 * const { response, trace } = await withTrace(request(app).get('/orders/7').expect(200));
 * trace.single({ route: '/orders/:id' });
 */
export async function withTrace<Response>(request: SettableRequest<Response>): Promise<TracedResponse<Response>> {
  const captured = captureHere();
  if (captured === undefined) throw optionError('withTrace(): there is no capture here; call capture() first');
  if (typeof request?.set !== 'function' || typeof request.then !== 'function') {
    throw optionError(`withTrace(): expected a request of supertest, got ${showValue(request)}`);
  }
  const context = newContext();
  captured.kept.tracer.propagator.inject({ span: context, baggage: undefined }, request, headerSetter);
  const response = await request;
  return { response, trace: await traceOf(captured, context.traceId) };
}

/** Of a caller that records nothing: the app's server span stands at the top of the trace. */
function newContext(): SpanContext {
  return { traceId: ids.traceId(), spanId: ids.spanId(), traceFlags: FLAG_SAMPLED, isRemote: false };
}

async function traceOf(captured: RunningCapture, traceId: string): Promise<SpanView> {
  const trace = new LiveSpanView(() => captured.spans.filter((span) => span.traceId === traceId));
  const open = await captured.kept.settle((span) => span.traceId === traceId, SETTLE_TIMEOUT_MS);
  if (open.length > 0) throw stillOpen(withTrace, open, captured, SETTLE_TIMEOUT_MS);
  if (trace.spans.length > 0) return trace;
  throw failure(
    withTrace,
    'the request was answered, but no span of its trace is in this capture: either the app does not use tracing(), ' +
      'or its server was started outside of the capture (give supertest the app, or let it listen inside)',
  );
}
