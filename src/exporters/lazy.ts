import type { Exporter } from '../core/pipeline/exporter.ts';

/** An exporter that is loaded with the first batch: a service that does not use it never loads its code. */
export function lazyExporter(name: string, load: () => Promise<Exporter>): Exporter {
  let exporter: Exporter | undefined;
  return {
    name,
    get destination() {
      return exporter?.destination;
    },
    async export(batch, signal) {
      exporter ??= await load();
      return exporter.export(batch, signal);
    },
    async shutdown() {
      await exporter?.shutdown?.();
    },
  };
}
