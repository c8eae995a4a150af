/** The result of one look of `doctor()`. */
export interface DoctorCheck {
  /** `endpoint`, `propagation`, `clock`, `copies`, `context`, `spool`, `spans`. */
  readonly name: string;
  /** `warning`: it works, but not as one would expect. `error`: spans or traces are lost by it. */
  readonly state: 'ok' | 'warning' | 'error';
  /** One sentence: what was found and, where it is wrong, how to mend it. */
  readonly message: string;
}

/** The findings of `doctor()`. Plain data. */
export interface DoctorReport {
  /** No check is an error. */
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

export function okCheck(name: string, message: string): DoctorCheck {
  return { name, state: 'ok', message };
}

export function warningCheck(name: string, message: string): DoctorCheck {
  return { name, state: 'warning', message };
}

export function errorCheck(name: string, message: string): DoctorCheck {
  return { name, state: 'error', message };
}
