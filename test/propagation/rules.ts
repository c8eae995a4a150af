import type { Rule } from './rule.ts';
import { formatRules } from './rules-formats.ts';
import { w3cRules } from './rules-w3c.ts';

/** The rules of all formats that there are, in the order of docs/reference/propagation-rules.md. */
export const rules: readonly Rule[] = [...w3cRules, ...formatRules];
