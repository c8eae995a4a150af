import type { DoctorCheck } from '../core/doctor/report.ts';
import { composeLine, type Segment } from './line.ts';
import type { DrawOptions } from './options.ts';
import { pageOf } from './page.ts';
import type { Palette } from './style.ts';
import { fit, sanitize } from './text.ts';
import { wrapText } from './wrap.ts';

const NAME = 12;

/**
 * The checks of `doctor()`, a paragraph each: `✓` well, `!` a warning, `✗` an error. Lines are separated by `\n`, none wider
 * than `width`; texts are made safe to print.
 *
 *     ✓ endpoint     http://127.0.0.1:4318/v1/traces takes spans
 */
export function drawChecks(checks: readonly DoctorCheck[], options: DrawOptions = {}): string {
  const { width, paint } = pageOf(options);
  const lines = checks.flatMap(({ name, state, message }) => {
    const indent = 2 + NAME + 1;
    const head: Segment[] = [markOf(state, paint), { text: ` ${fit(sanitize(name), NAME)} ` }];
    return wrapText(breakable(sanitize(message), width - indent), width - indent).map((text, i) =>
      composeLine([...(i === 0 ? head : [{ text: ' '.repeat(indent) }]), { text }], width),
    );
  });
  return lines.join('\n');
}

/** Addresses are longer than a narrow line, and must be read whole. */
function breakable(text: string, room: number): string {
  const pieces = new RegExp(`[^ ]{${room}}(?=[^ ])`, 'gu');
  return text.replace(pieces, '$& ');
}

function markOf(state: DoctorCheck['state'], paint: Palette): Segment {
  if (state === 'ok') return { text: '✓' };
  return state === 'warning' ? { text: '!', paint: paint.yellow } : { text: '✗', paint: paint.red };
}
