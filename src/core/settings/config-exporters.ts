import { hintAt } from '../options/errors.ts';
import { type Place, type Reader, wrongOption } from '../options/options.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import { DEFAULTS } from './defaults.ts';
import type { Environment } from './environment.ts';

/** The exporters that have a name. */
export type ExporterName = 'otlp' | 'zipkin' | 'console' | 'file' | 'none';

const NAMES: readonly ExporterName[] = ['otlp', 'zipkin', 'console', 'file', 'none'];
const EXPECTED = 'names of exporters or exporter objects';

/** The option `exporters`: one, or a list. */
export const exportersReader: Reader<readonly (ExporterName | Exporter)[]> = (given, at) => {
  const list: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  return list.length === 0 ? ['none'] : list.map((item) => exporterOf(item, at));
};

function exporterOf(item: unknown, at: Place): ExporterName | Exporter {
  const name = NAMES.find((known) => known === item);
  if (name !== undefined) return name;
  if (typeof (item as Partial<Exporter> | null | undefined)?.export === 'function') return item as Exporter;
  throw wrongOption(at, EXPECTED, item, hintFor(item));
}

/** Exporters that are made by a function of their own, and where that is. */
const MADE_BY: Readonly<Record<string, string>> = {
  redis: 'write redis({ client }) of throughline/redis',
  memory: 'write memory() of throughline/exporters',
};

function hintFor(item: unknown): string {
  if (typeof item === 'string' && Object.hasOwn(MADE_BY, item)) return MADE_BY[item] as string;
  return typeof item === 'function' ? 'call it: an exporter is what the function returns' : hintAt(item, NAMES);
}

/** `OTEL_TRACES_EXPORTER`; OTLP where it is not set. */
export function environmentExporters(environment: Environment): readonly (ExporterName | Exporter)[] {
  return environment.list('OTEL_TRACES_EXPORTER', NAMES) ?? DEFAULTS.exporters;
}
