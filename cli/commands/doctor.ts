import { type DoctorCheck, errorCheck, okCheck, warningCheck } from '../../src/core/doctor/report.ts';
import { searchAll } from '../../src/store/read-traces.ts';
import type { SpanStore, TraceSummary } from '../../src/store/span-store.ts';
import { drawChecks } from '../../src/terminal/checks.ts';
import { count } from '../../src/terminal/count.ts';
import { moment } from '../../src/terminal/moment.ts';
import { type Command, drawOptions } from '../command.ts';
import { type CommandArguments, quote } from '../command-arguments.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Io, safeJson } from '../io.ts';
import { isStoreWord, namedStore, openStore } from '../open-store.ts';
import { COMMON_OPTIONS } from '../option-specs.ts';

const { width, help } = COMMON_OPTIONS;

export const command: Command = {
  usage: '[store] [options]',
  about:
    'Says why spans do not arrive: which variables are set, whether the collector that they name takes spans and why not, whether context survives the way out and in, whether the clocks agree, whether the store can be read. Sends no span and changes nothing. What a running service knows beside (spans lost, its spool, copies of the package), tl.doctor() tells there.',
  options: {
    store: {
      value: 'where',
      help: 'the store to try (default: $THROUGHLINE_STORE, else ./spans.jsonl when it is there)',
    },
    json: { help: 'JSON instead of text: { ok, checks: [{ name, state, message }] }' },
    ...(width && help ? { width, help } : {}),
  },
  examples: [
    ['throughline doctor', 'in the environment of a service'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT=https://collector:4318 npx throughline doctor', 'another collector'],
    ['throughline doctor --store redis://127.0.0.1:6379', 'a Redis, too'],
  ],
  async run(given, io) {
    const extra = given.positionals.find((word) => !isStoreWord(word, io));
    if (extra !== undefined) throw new UsageError(`doctor takes no argument, got ${quote(extra)}`);
    const [tracer, store] = await Promise.all([tracerChecks(), storeChecks(given, io)]);
    const endpoints = store.isInUse && !namesCollector(io.env) ? tracer.map(withoutCollector) : tracer;
    const checks = [environmentCheck(io.env), ...endpoints, ...store.checks];
    const ok = checks.every(({ state }) => state !== 'error');
    if (given.has('json')) io.out(`${safeJson({ ok, checks })}\n`);
    else io.out(`${drawChecks(checks, drawOptions(given, io))}\n`);
    return ok ? EXIT.ok : EXIT.no;
  },
};

/** A tracer as a service in this environment would have it, but without a spool: it must not take over what others have left there. */
async function tracerChecks(): Promise<DoctorCheck[]> {
  const { start } = await import('../../src/setup.ts');
  const tracer = start({ spool: 'off' });
  try {
    const { checks } = await tracer.doctor();
    // It made no spans, and is no service: these would say nothing.
    return checks.filter(({ name }) => name !== 'spans' && name !== 'copies');
  } finally {
    await tracer.shutdown();
  }
}

const OURS = /^(?:OTEL_|THROUGHLINE_)|^(?:NODE_DEBUG|NODE_EXTRA_CA_CERTS)$/;
const SECRET = /HEADERS|KEY|TOKEN|SECRET|PASSWORD/;

function environmentCheck(env: Io['env']): DoctorCheck {
  const seen = Object.entries(env).filter(([name, value]) => OURS.test(name) && value !== undefined && value !== '');
  if (seen.length === 0)
    return okCheck('environment', 'no OTEL_* and no THROUGHLINE_* variable is set: the defaults hold');
  const list = seen
    .sort()
    .map(([name, value]) => `${name}=${SECRET.test(name) ? '(not shown)' : withoutCredentials(String(value))}`);
  return okCheck('environment', list.join(' '));
}

function withoutCredentials(value: string): string {
  return value.replace(/\/\/\S*@/g, '//(not shown)@');
}

interface StoreFindings {
  readonly checks: readonly DoctorCheck[];
  /** It was named, by option or variable, and has spans of today: whoever keeps spans there may have no collector. */
  readonly isInUse: boolean;
}

const DAY_MS = 86_400_000;

function namesCollector(env: Io['env']): boolean {
  return Object.keys(env).some((name) => /^OTEL_EXPORTER_|^OTEL_TRACES_EXPORTER$/.test(name) && env[name] !== '');
}

/** That nobody answers where nobody was named is no fault of a service that keeps its spans elsewhere. */
function withoutCollector(check: DoctorCheck): DoctorCheck {
  if (check.name !== 'endpoint' || check.state !== 'error') return check;
  return warningCheck(
    'endpoint',
    `${check.message}. None was named, and the store has spans of today: if that is where they go, all is well`,
  );
}

async function storeChecks(given: CommandArguments, io: Io): Promise<StoreFindings> {
  let address: string;
  try {
    address = namedStore(given, io).address;
  } catch {
    return { checks: [okCheck('store', 'none is named, and there is no spans.jsonl here')], isInUse: false };
  }
  let store: SpanStore | undefined;
  try {
    store = await openStore(address, io);
    const { check, lastMs } = await lookInto(store, io);
    const isNamed = (given.text('store') ?? io.env.THROUGHLINE_STORE ?? '') !== '';
    return { checks: [check], isInUse: isNamed && lastMs > Date.now() - DAY_MS };
  } catch (error) {
    if (io.signal.aborted) throw error;
    return { checks: [errorCheck('store', (error as Error).message)], isInUse: false };
  } finally {
    await store?.close();
  }
}

async function lookInto(store: SpanStore, io: Io): Promise<{ check: DoctorCheck; lastMs: number }> {
  const where = store.destination ?? store.name;
  const services = await store.services({ signal: io.signal });
  let last: TraceSummary | undefined;
  for await (const trace of searchAll(store, { limit: 1 }, { signal: io.signal })) last = trace;
  const problems = store.problems();
  const [first] = problems.first;
  const check = (): DoctorCheck => {
    if (first !== undefined)
      return warningCheck('store', `${where} can be read, but for ${count(problems.count, 'place')}: ${first.message}`);
    if (last === undefined) return warningCheck('store', `${where} can be read, and is empty`);
    const when = moment(last.startTimeMs);
    return okCheck('store', `${where} has traces of ${count(services.length, 'service')}, the last one of ${when}`);
  };
  return { check: check(), lastMs: last?.startTimeMs ?? Number.NEGATIVE_INFINITY };
}
