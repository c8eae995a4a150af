import { joinPieces } from './characters.ts';
import { SHARED_NAME } from './shared-name.ts';
import {
  fitMembers,
  isTraceStateKey,
  isTraceStateValue,
  isWhole,
  MAX_MEMBERS,
  MAX_SENT_LENGTH,
  readMembers,
  withinLimits,
} from './tracestate-list.ts';

export { fitMembers } from './tracestate-list.ts';

const BRAND: unique symbol = Symbol.for(`${SHARED_NAME}.tracestate`);

/** Recognises a `tracestate` of ours, of whatever copy of the package. */
export function isTraceState(value: unknown): value is TraceState {
  return typeof value === 'object' && value !== null && (value as { readonly [BRAND]?: true })[BRAND] === true;
}

/**
 * The W3C `tracestate`: an immutable list of vendors' members, the newest on the left. Structurally
 * OpenTelemetry's `TraceState`.
 *
 * @example
 * TraceState.parse('congo=t61rcWkgMzE')?.set('rojo', '00f067').serialize(); // 'rojo=00f067,congo=t61rcWkgMzE'
 */
export class TraceState {
  static {
    Object.defineProperty(TraceState.prototype, BRAND, { value: true });
  }

  /** No members; `serialize()` gives the empty text, which is never sent. The start for a trace of our own. */
  static readonly empty: TraceState = new TraceState('', []);

  /** All members as they stand on the wire, whatever their length together. */
  readonly #text: string;
  /** `key=value`, left to right; split from the text when first asked for, since most only pass through. */
  #members: readonly string[] | undefined;
  /** The text within the length that is sent. */
  #sent: string | undefined;

  private constructor(text: string, members: readonly string[] | undefined) {
    this.#text = text;
    this.#members = members;
    this.#sent = text.length <= MAX_SENT_LENGTH ? text : undefined;
  }

  /**
   * Reads a `tracestate` value; several fields come joined by `,`. Any invalid member, or more than
   * 32, discards the whole. Blank members are passed over; of a repeated key the left-most stays. A list of
   * more than 4127 characters, as it came, is truncated before it is looked at.
   *
   * @returns `undefined` when nothing valid is there.
   */
  static parse(header: string): TraceState | undefined {
    const text = withinLimits(header);
    const members = readMembers(text);
    if (members === undefined || members.length === 0) return undefined;
    // The text itself is what we would write, or what is passed over is let go of: the members are cut from it.
    return isWhole(text, members) ? new TraceState(text, members) : new TraceState(joinPieces(members), undefined);
  }

  /** The value of `key`, or `undefined`. */
  get(key: string): string | undefined {
    const prefix = `${key}=`;
    return this.#split()
      .find((member) => member.startsWith(prefix))
      ?.slice(prefix.length);
  }

  /**
   * A tracestate with this member at the left (3.5: changed members go to the beginning). A 33rd
   * member pushes the right-most out. An invalid key or value changes nothing: you get `this` back.
   */
  set(key: string, value: string): TraceState {
    if (!isTraceStateKey(key) || !isTraceStateValue(value)) return this;
    const members = [`${key}=${value}`, ...this.#without(key)].slice(0, MAX_MEMBERS);
    return new TraceState(members.join(','), members);
  }

  /** A tracestate without `key`; `this` when it is not there. */
  unset(key: string): TraceState {
    const members = this.#without(key);
    if (members.length === this.#split().length) return this;
    return members.length === 0 ? TraceState.empty : new TraceState(members.join(','), members);
  }

  /**
   * The value to send. Above 4127 characters whole members are left out as 3.3.3.1 says: those longer
   * than 128 characters first, then from the end. `''` when there are no members: send no header then.
   */
  serialize(): string {
    this.#sent ??= fitMembers(this.#split(), MAX_SENT_LENGTH).join(',');
    return this.#sent;
  }

  #split(): readonly string[] {
    this.#members ??= this.#text.split(',');
    return this.#members;
  }

  #without(key: string): readonly string[] {
    const prefix = `${key}=`;
    return this.#split().filter((member) => !member.startsWith(prefix));
  }
}
