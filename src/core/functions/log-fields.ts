import { activeScope } from '../scope/scope.ts';
import { contextOf } from '../spans/given-context.ts';
import { isRecordingSpan } from '../spans/recording-span.ts';

/**
 * The active span as a log line names it (OpenTelemetry, Trace Context in non-OTLP Log Formats):
 * `{ trace_id, span_id, trace_flags: '03' }`, or nothing.
 */
export interface LogFields {
  /** 32 lower-case hex digits. */
  readonly trace_id?: string | undefined;
  /** 16 lower-case hex digits. */
  readonly span_id?: string | undefined;
  /** Two lower-case hex digits: the last bit says whether the trace is sampled, 0 while that is not decided. */
  readonly trace_flags?: string | undefined;
}

/**
 * The fields that tie a log line to the active span; `{}` where nothing is active. Never throws. A child logger
 * or a call that names the fields itself wins.
 *
 * @example
 * const log = pino({ mixin: logFields });
 */
export function logFields(): LogFields {
  const { span } = activeScope();
  if (span === undefined) return {};
  if (isRecordingSpan(span)) return fieldsOf(span.traceId, span.spanId, span.flagsSoFar);
  const { traceId, spanId, traceFlags } = contextOf(span);
  return fieldsOf(traceId, spanId, traceFlags);
}

function fieldsOf(traceId: string, spanId: string, flags: number): LogFields {
  return { trace_id: traceId, span_id: spanId, trace_flags: twoDigits(flags) };
}

function twoDigits(flags: number): string {
  return (flags & 0xff).toString(16).padStart(2, '0');
}

/** A format as winston asks for it, whatever its version. */
export interface WinstonFormat {
  transform<Info extends object>(info: Info): Info;
}

/**
 * {@link logFields} as a winston format; fields that a line has already stay. winston formats a line
 * when it leaves the logger's buffer: as a rule inside the call, but later, and then elsewhere, when a
 * transport is slower than the app. Where that happens, put getters over `logFields()` into
 * `defaultMeta`: they are read inside the call.
 *
 * @example
 * const log = createLogger({ format: format.combine(winstonFormat(), format.json()) });
 */
export function winstonFormat(): WinstonFormat {
  return { transform: addLogFields };
}

function addLogFields<Info extends object>(info: Info): Info {
  for (const [key, value] of Object.entries(logFields())) {
    if ((info as Record<string, unknown>)[key] === undefined) (info as Record<string, unknown>)[key] = value;
  }
  return info;
}
