import { say } from '../diagnostics.ts';
import { version } from '../version.ts';
import { type DoctorCheck, errorCheck, okCheck } from './report.ts';

/** One loaded copy of the package. */
export interface Copy {
  readonly version: string;
  /** The place it was loaded from. */
  readonly url: string;
}

/** Known to all copies in the process, whatever their version: they can find each other by nothing else. */
const COPIES = Symbol.for('throughline.copies');

/** A hundred are loaded only by a test runner that loads modules over and over. */
const REMEMBERED = 100;

interface Registry {
  [COPIES]?: Copies;
}

interface Copies extends Array<Copy> {
  /** One of them has said that they are of several majors: the others need not. */
  isMixtureSaid?: boolean;
}

/** Told once by each copy as it is loaded. It says so when another one is there with which it cannot work together. */
export function noteCopy(url: string): void {
  const registry = globalThis as Registry;
  registry[COPIES] ??= [];
  if (registry[COPIES].length < REMEMBERED) registry[COPIES].push({ version, url });
  sayWhenMixed();
}

/** One line, once a process, when copies of several majors are loaded: traces end where one of them hands over to another. */
export function sayWhenMixed(): void {
  const copies = loadedCopies();
  if (copies.isMixtureSaid === true || !isMixed(copies)) return;
  copies.isMixtureSaid = true;
  say(mixedText(copies));
}

/** Every copy that this process has loaded, this one among them. */
function loadedCopies(): Copies {
  return (globalThis as Registry)[COPIES] ?? [];
}

/** Copies of one major are one tracer; those of two share nothing. */
export function checkCopies(): DoctorCheck {
  const copies = loadedCopies();
  if (isMixed(copies)) return errorCheck('copies', mixedText(copies));
  if (copies.length <= 1) return okCheck('copies', 'one copy of throughline is loaded');
  return okCheck('copies', `${copies.length} copies of throughline are loaded, and are one tracer: ${listOf(copies)}`);
}

function isMixed(copies: readonly Copy[]): boolean {
  return new Set(copies.map(majorOf)).size > 1;
}

function majorOf(copy: Copy): string {
  return copy.version.split('.', 1)[0] as string;
}

function mixedText(copies: readonly Copy[]): string {
  return (
    `copies of two major versions are loaded, which share no trace and no configuration: ${listOf(copies)}; ` +
    'a trace breaks where one calls the other. Bring all to one major (npm ls throughline)'
  );
}

/** `0.1.0 from file:///app/node_modules/…; 1.0.0 from …`, each place once. */
function listOf(copies: readonly Copy[]): string {
  return [...new Set(copies.map((copy) => `${copy.version} from ${copy.url}`))].join('; ');
}
