type Paint = (text: string) => string;

/** The few styles our drawings use. With colours off each is the identity. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  /** A colour of its own for the nth service of a trace; they repeat after six. */
  service(index: number, text: string): string;
}

/** Cyan, green, magenta, blue, and the bright cyan and green: all but red and yellow, which mean something. */
const SERVICE_COLOURS: readonly number[] = [36, 32, 35, 34, 96, 92];

const PLAIN: Palette = { bold: same, dim: same, red: same, yellow: same, service: (_index, text) => text };

const COLOURED: Palette = {
  bold: (text) => sgr(1, text, 22),
  dim: (text) => sgr(2, text, 22),
  red: (text) => sgr(31, text, 39),
  yellow: (text) => sgr(33, text, 39),
  service: (index, text) => sgr(SERVICE_COLOURS[index % SERVICE_COLOURS.length] ?? 39, text, 39),
};

/** The styles to draw with: ANSI colours, or none. */
export function palette(enabled: boolean): Palette {
  return enabled ? COLOURED : PLAIN;
}

function same(text: string): string {
  return text;
}

/** Closes only what it opened, so that styles nest; nothing around empty text. */
function sgr(open: number, text: string, close: number): string {
  return text === '' ? text : `\u001b[${open}m${text}\u001b[${close}m`;
}

/**
 * True where the text that goes to a stream is to be coloured. As Node itself decides: `FORCE_COLOR` first (`0` and
 * `false` mean no), then `NO_COLOR` (any value but the empty one), then whether it is a terminal
 * that is not `TERM=dumb`.
 */
export function supportsColor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}
