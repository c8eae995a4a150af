import { HeaderEdit } from './header-edit.ts';
import { FlatHeaders, type HeaderTarget, PairedHeaders } from './header-target.ts';

/** Headers of the app's, copied: what is written into `target` stands in `headers`, and nowhere else. */
export interface HeaderCopy {
  readonly headers: object;
  readonly target: HeaderTarget;
}

/** A copy in the form in which they came, which keeps the spelling of their names: a list of pairs, a flat list, or a record. */
export function copyHeaders(headers: object): HeaderCopy {
  if (!Array.isArray(headers)) return copyRecord(headers);
  const list: unknown[] = [...headers];
  return { headers: list, target: list.every(Array.isArray) ? new PairedHeaders(list) : new FlatHeaders(list) };
}

/** Own properties, whatever object it is. */
export function copyRecord(headers: object): HeaderCopy {
  const copy = { ...headers };
  return { headers: copy, target: new HeaderEdit(copy) };
}
