/** One rule of a wire format, and the test that holds it. `docs/reference/propagation-rules.md` is made of these. */
export interface Rule {
  /** The propagator's name: `tracecontext`; `all` for what holds of several together. */
  readonly propagator: string;
  /** The heading it stands under: `traceparent`. */
  readonly heading: string;
  /** The thing that is done, in one sentence. */
  readonly rule: string;
  /** The place where the specification says so, and how strongly. */
  readonly clause: string;
  /** The file below `test/`, and the name of a test in it. */
  readonly test: readonly [file: string, name: string];
}

/** A rule as it is written down, below its heading. */
export type RuleRow = readonly [rule: string, clause: string, file: string, name: string];

/** Rows below one heading. */
export function rulesOf(propagator: string, heading: string, rows: readonly RuleRow[]): Rule[] {
  return rows.map(([rule, clause, file, name]) => ({ propagator, heading, rule, clause, test: [file, name] }));
}
