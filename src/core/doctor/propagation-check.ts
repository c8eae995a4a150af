import { Baggage } from '../../../propagation/baggage.ts';
import { carrierGetter, carrierSetter } from '../../../propagation/carriers.ts';
import { FLAG_RANDOM, FLAG_SAMPLED, type Propagator, type SpanContext } from '../../../propagation/context.ts';
import { type DoctorCheck, errorCheck, okCheck, warningCheck } from './report.ts';

const NAME = 'propagation';

const SAMPLE: SpanContext = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: FLAG_SAMPLED | FLAG_RANDOM,
};

/** Checks that a service with these formats understands one with these formats: writes a context and reads it back. */
export function checkPropagation(propagator: Propagator): DoctorCheck {
  const carrier: Record<string, string> = {};
  const baggage = Baggage.empty.set('check', 'yes');
  propagator.inject({ span: SAMPLE, baggage }, carrier, carrierSetter(carrier));
  const names = Object.keys(carrier);
  if (names.length === 0) {
    return warningCheck(
      NAME,
      'no header is written: services that are called start traces of their own ("propagators")',
    );
  }
  const read = propagator.extract(carrier, carrierGetter(carrier));
  const sent = `sent are ${names.join(', ')}`;
  if (read?.traceId === undefined) {
    return warningCheck(
      NAME,
      `${sent}; none of it would be read back ("propagators" has formats to inject that are not among those to extract)`,
    );
  }
  if (read.traceId !== SAMPLE.traceId)
    return errorCheck(NAME, `${sent}; the trace id that is read back is another one`);
  const lost = [
    ...(read.sampled === true ? [] : ['the sampling decision']),
    ...(read.spanId === SAMPLE.spanId ? [] : ['the parent span']),
    ...(read.baggage?.get('check') === 'yes' ? [] : ['baggage']),
  ];
  const kept = 'a trace goes on through services with the same formats';
  return okCheck(NAME, lost.length === 0 ? `${sent}; ${kept}` : `${sent}; ${kept}, without ${lost.join(', ')}`);
}
