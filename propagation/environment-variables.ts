import type { Getter, Setter } from './context.ts';

/** `process.env`, or what a child process is to be given. */
export type Variables = Record<string, string | undefined>;

/**
 * The variables of a process as a carrier, as OpenTelemetry's environment carriers have it: `TRACEPARENT`
 * for `traceparent`, in upper case and with `_` for what may not stand in the name of a variable, and before a digit
 * that would be first. `keys` are the variables whose names are so. `_X_AMZN_TRACE_ID`, which Lambda sets, is read too.
 *
 * @example
 * spawn('worker', { env: inject({ ...process.env }, { setter: environmentVariables }) });
 * const remote = extract(process.env, { getter: environmentVariables });
 */
export const environmentVariables: Getter<Variables> & Setter<Variables> = Object.freeze({
  get: readVariable,
  set: writeVariable,
  keys: namesOf,
});

function readVariable(variables: Variables, name: string): string | undefined {
  const variable = variableName(name);
  return (
    readFrom(variables, variable) ?? (variable === 'X_AMZN_TRACE_ID' ? readFrom(variables, `_${variable}`) : undefined)
  );
}

function readFrom(variables: Variables, variable: string): string | undefined {
  return Object.hasOwn(variables, variable) ? variables[variable] : undefined;
}

function namesOf(variables: Variables): string[] {
  return Object.keys(variables).filter((name) => variableName(name) === name);
}

function writeVariable(variables: Variables, name: string, value: string): void {
  variables[variableName(name)] = value;
}

/** Environment Variables as Context Propagation Carriers, Key Name Normalization. */
function variableName(name: string): string {
  const normalized = name.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  return /^[A-Z_]/.test(normalized) ? normalized : `_${normalized}`;
}
