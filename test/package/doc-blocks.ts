import { listFiles, readText } from '../support/repository.ts';

/** One fenced TypeScript block of a document. */
export interface DocBlock {
  /** `docs/api.md` */
  readonly document: string;
  /** Of the first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** Marked `no-check`: a fragment that cannot stand alone. */
  readonly isChecked: boolean;
}

/** Every TypeScript block that a user reads: README.md and docs/. */
export function collectDocBlocks(): DocBlock[] {
  const documents = ['README.md', ...listFiles('docs').filter((path) => path.endsWith('.md'))];
  return documents.flatMap((document) => parseDocBlocks(document, readText(document)));
}

/** An opening fence with the language and what follows it, the code, the closing fence at the same depth. */
const FENCED = /^( *)```(ts|typescript)\b([^\n]*)\n([\s\S]*?)^\1```/gm;

export function parseDocBlocks(document: string, text: string): DocBlock[] {
  return [...text.matchAll(FENCED)].map((match) => ({
    document,
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[4] ?? '',
    isChecked: !(match[3] ?? '').split(/\s+/).includes('no-check'),
  }));
}
