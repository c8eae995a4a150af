import type { IncomingMessage } from 'node:http';
import type { RemoteContext } from '../../propagation/context.ts';
import { noteFault, sayOnce } from '../../src/core/diagnostics.ts';
import { hintNear, type Reader, wrongOption } from '../../src/core/options/options.ts';

/**
 * The modes say what becomes of the context that a request brings along.
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

/** The rule where nothing was said. */
export const trustAll: IncomingRule = () => 'trust';

/** The option `incoming`: a rule that never throws. */
export const incomingReader: Reader<IncomingRule> = (given, at) => {
  if (typeof given === 'function') return guarded(at.caller, given as (req: IncomingMessage) => unknown);
  if (isMode(given)) return () => given;
  throw wrongOption(at, EXPECTED, given, hintNear(given, MODES));
};

/** A doubt about a caller is no reason to trust it. */
function guarded(caller: string, decide: (req: IncomingMessage) => unknown): IncomingRule {
  return function askIncoming(req) {
    try {
      const answer = decide(req);
      if (isMode(answer)) return answer;
      sayOnce(`${caller}(): the "incoming" function must answer ${MODES.join(', ')}; all else counts as ignore`);
    } catch (error) {
      noteFault(`${caller}() incoming`, error);
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
