import { displayWidth, truncate } from './text.ts';

/** A sanitized text in lines of at most `width` columns, broken at spaces; longer words are cut. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = truncate(word, width);
    } else {
      line = truncate(longer, width);
    }
  }
  if (line.trim() !== '') lines.push(line);
  return lines;
}
