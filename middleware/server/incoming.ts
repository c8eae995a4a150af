import type { IncomingMessage } from 'node:http';
import type { RemoteContext } from '../../propagation/context.ts';
import { noteFault, sayOnce } from '../../src/core/diagnostics.ts';
import { nearestName, optionError, showValue } from '../../src/core/errors.ts';

/**
 * What becomes of the context that a request brings along.
 *
 * |             | trace             | sampling decision | baggage |
 * |-------------|-------------------|-------------------|---------|
 * | `trust`     | continued         | the caller's      | kept    |
 * | `trust-ids` | continued         | our own           | kept    |
 * | `link`      | new, with a link  | our own           | dropped |
 * | `ignore`    | new               | our own           | dropped |
 */
export type IncomingMode = 'trust' | 'trust-ids' | 'link' | 'ignore';

/** Asked once for each request. Throwing, or answering anything but a mode, counts as `ignore`. */
export type IncomingRule = (req: IncomingMessage) => IncomingMode;

const MODES: readonly IncomingMode[] = ['trust', 'trust-ids', 'link', 'ignore'];
const EXPECTED = `'trust', 'trust-ids', 'link', 'ignore', or a function of the request that answers one of them`;

/**
 * Turns the `incoming` option of `call` into the rule that is asked for each request: it never throws.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for anything else
 */
export function compileIncoming(call: string, option: unknown): IncomingRule {
  if (option === undefined) return () => 'trust';
  if (typeof option === 'function') return guarded(call, option as (req: IncomingMessage) => unknown);
  if (isMode(option)) return () => option;
  const near = typeof option === 'string' ? nearestName(option, MODES) : undefined;
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  throw optionError(`${call}(): "incoming" must be ${EXPECTED}, got ${showValue(option)}${hint}`);
}

/** A doubt about a caller is no reason to trust it. */
function guarded(call: string, decide: (req: IncomingMessage) => unknown): IncomingRule {
  return function askIncoming(req) {
    try {
      const answer = decide(req);
      if (isMode(answer)) return answer;
      sayOnce(`${call}(): the "incoming" function must answer ${MODES.join(', ')}; all else counts as ignore`);
    } catch (error) {
      noteFault(`${call}() incoming`, error);
    }
    return 'ignore';
  };
}

function isMode(value: unknown): value is IncomingMode {
  return MODES.includes(value as IncomingMode);
}

/**
 * The same trace without what the caller decided about it: a debug mark is a decision too, and so may
 * be what a format keeps beyond the W3C fields. `tracestate` belongs to the trace, and goes on.
 */
export function withoutDecision(remote: RemoteContext): RemoteContext {
  return { ...remote, sampled: undefined, debug: false, vendor: undefined };
}
