import type { Say } from '../../diagnostics.ts';
import type { PipelineTiming } from '../settings.ts';
import type { SpoolCodec } from './codec.ts';
import { DeadLetters } from './dead-letters.ts';
import { SpoolHome } from './home.ts';
import type { Inherited } from './inherited.ts';
import { Spool, type SpoolMode, type SpoolSettings } from './spool.ts';

/** Everything that one exporter has on disk. Nothing is there before something is to be written. */
export interface SpoolKit {
  readonly spool: Spool;
  readonly deadLetters: DeadLetters;
  /** The spans of dead processes; its code is loaded with the first call, since most processes find none. */
  readonly inherited: () => Promise<Inherited>;
}

/** The parts of a {@link SpoolKit}. */
export interface SpoolKitParts {
  readonly settings: SpoolSettings & { readonly mode: SpoolMode };
  readonly service: string;
  /** The exporter's name, and where it sends to: processes share what is meant for the same place. */
  readonly exporter: string;
  readonly destination: string;
  readonly codec: SpoolCodec;
  readonly timing: PipelineTiming;
  readonly say: Say;
}

/** The spool, the inheritance and the dead letters of one exporter. Touches no disk. */
export function spoolKit(parts: SpoolKitParts): SpoolKit {
  const { settings, codec, timing, say } = parts;
  const home = new SpoolHome(settings.directory, parts.service, parts.exporter, parts.destination);
  const deadLetters = new DeadLetters(home, codec, Math.ceil(settings.maxBytes / 8));
  let inherited: Inherited | undefined;
  return {
    spool: new Spool({ settings, home, codec, timing, say }),
    deadLetters,
    async inherited() {
      const { Inherited } = await import('./inherited.ts');
      inherited ??= new Inherited(home, codec, settings, timing, deadLetters);
      return inherited;
    },
  };
}
