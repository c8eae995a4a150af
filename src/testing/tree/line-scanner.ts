import { optionError } from '../../core/options/errors.ts';
import { sanitize } from '../../terminal/text.ts';

/** Reads one line of an expected tree from left to right, and says where it is wrong. */
export class LineScanner {
  readonly text: string;
  /** From 1, in the text as it was given. */
  readonly number: number;
  at: number;

  constructor(text: string, number: number, at: number) {
    this.text = text;
    this.number = number;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  startsWith(prefix: string): boolean {
    return this.text.startsWith(prefix, this.at);
  }

  skipSpaces(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at++;
  }

  /** Steps over `expected`, or fails. */
  take(expected: string): void {
    if (!this.startsWith(expected)) this.fail(`${JSON.stringify(expected)} is missing`);
    this.at += expected.length;
  }

  /** Takes everything before the first of `stops`, or the rest, without the spaces around it. */
  takeUntil(stops: string): string {
    const start = this.at;
    while (!this.isAtEnd && !stops.includes(this.text.charAt(this.at))) this.at++;
    return this.text.slice(start, this.at).trim();
  }

  /** A string in double quotes, with JSON's escapes. */
  takeQuoted(): string {
    const start = this.at;
    for (this.at++; !this.startsWith('"'); this.at++) {
      if (this.startsWith('\\')) this.at++;
      if (this.isAtEnd) this.fail('a closing " is missing', start);
    }
    this.at++;
    return this.parseJson(start) as string;
  }

  /** The text from `start` to here, read as JSON. */
  parseJson(start: number): unknown {
    const text = this.text.slice(start, this.at);
    try {
      return JSON.parse(text);
    } catch {
      return this.fail(`${text} is not valid JSON`, start);
    }
  }

  /**
   * @throws TypeError with code `ERR_THROUGHLINE_OPTION`, naming line and column, the line shown with a mark below
   */
  fail(problem: string, at: number = this.at): never {
    const shown = sanitize(this.text);
    const caret = `${' '.repeat(sanitize(this.text.slice(0, at)).length)}^`;
    const place = `line ${this.number}, column ${at + 1} of the expected tree`;
    throw optionError(`assertTree(): ${place}: ${sanitize(problem)}\n\n${shown}\n${caret}`);
  }
}
