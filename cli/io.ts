/** The world of a command: its output, and what it is told from outside. */
export interface Io {
  /** To standard output. */
  out(text: string): void;
  /** To standard error. */
  err(text: string): void;
  /** Standard input, for a store that comes through a pipe. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Columns of the terminal; `undefined` when there is none. */
  readonly width: number | undefined;
  readonly color: boolean;
  /** Standard error is a terminal: a progress line is welcome there. */
  readonly showsProgress: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Fires at Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** JSON as it may go to a terminal: what `JSON.stringify` leaves raw and a terminal would obey is escaped. */
export function safeJson(value: unknown, space = 2): string {
  return escapeJson(JSON.stringify(value, null, space));
}

/** The same JSON, with every control and format character beyond ASCII's escaped (`\u009b` begins a control sequence). */
export function escapeJson(json: string): string {
  return json.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escapeUnit(character.charCodeAt(i))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
