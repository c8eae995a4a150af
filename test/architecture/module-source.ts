/**
 * The way a file names another: at load, for its types only, or when a statement runs. `import { type A } from 'x'`
 * is `static`: verbatimModuleSyntax keeps the import of the module.
 */
export type ImportKind = 'static' | 'type' | 'dynamic';

export interface ModuleImport {
  /** As written. `undefined` when a dynamic import computes it. */
  readonly specifier: string | undefined;
  readonly kind: ImportKind;
  readonly line: number;
  /** The names that are taken of it, as written but in one line: `{ a, b }`, `* as c`. Empty for a called import. */
  readonly names: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//;
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/;
const TEMPLATE = /`(?:\\[\s\S]|[^`\\])*`/;
/** The text before a slash tells a regular expression from a division. */
const REGEXP = /(?<=(?:[(,=:[!&|?{};+\n]|=>|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/;

/** The parts of a source that are not code. The compiler has no JavaScript API to ask; this is all the checks need. */
const NOT_CODE = new RegExp([COMMENT, STRING, TEMPLATE, REGEXP].map((part) => part.source).join('|'), 'g');

/** The code alone: what is not code becomes blanks, so that offsets and line numbers stay. */
export function blankNonCode(source: string): string {
  return source.replace(NOT_CODE, blank);
}

function blankAllButStrings(source: string): string {
  return source.replace(NOT_CODE, (text) => (text.startsWith("'") || text.startsWith('"') ? text : blank(text)));
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** `import a, { b } from 'x'` · `import 'x'` · `export * from 'x'` · `export { a } from 'x'`, each also with `type`. */
const STATIC_IMPORT =
  /\bimport\s+(type\s)?(?:([\w$*\s{},]+?)\sfrom\s*)?(['"])([^'"\n]+)\3|\bexport\s+(type\s)?(\*[\w$\s]*|\{[^}]*\}\s*)from\s*(['"])([^'"\n]+)\7/g;

/** `import('x')`, `require('x')`, `lazyBuiltin('x')`, and the same with something computed. A `.` before it makes it a method. */
const CALLED_IMPORT = /(?<![.\w$])(?:import|require|lazyBuiltin)\(\s*(?:(['"])([^'"\n]+)\1\s*\))?/g;

/** Every module a source names, in the order of the text. */
export function parseImports(source: string): ModuleImport[] {
  const code = blankNonCode(source);
  const text = blankAllButStrings(source);
  const found: (Omit<ModuleImport, 'line'> & { readonly at: number })[] = [];
  for (const match of text.matchAll(STATIC_IMPORT)) {
    const kind = match[1] || match[5] ? 'type' : 'static';
    const names = (match[2] ?? match[6] ?? '').replace(/\s+/g, ' ').trim();
    found.push({ at: match.index, kind, specifier: match[4] ?? match[8], names });
  }
  for (const match of text.matchAll(CALLED_IMPORT)) {
    found.push({ at: match.index, kind: 'dynamic', specifier: match[2], names: '' });
  }
  return found
    .filter(({ at }) => code[at] !== ' ') // the words of an import inside a string
    .sort((a, b) => a.at - b.at)
    .map(({ at, kind, specifier, names }) => ({
      kind,
      specifier,
      names,
      line: source.slice(0, at).split('\n').length,
    }));
}
