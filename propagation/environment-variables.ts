import type { Getter, Setter } from './context.ts';

/** `process.env`, or what a child process is to be given. */
type Variables = Record<string, string | undefined>;

/**
 * The variables of a process as a carrier, as OpenTelemetry's environment carriers have it: `TRACEPARENT`
 * for `traceparent`, in upper case and with `_` for what may not stand in the name of a variable.
 *
 * @example
 * spawn('worker', { env: inject({ ...process.env }, { setter: environmentVariables }) });
 * const remote = extract(process.env, { getter: environmentVariables });
 */
export const environmentVariables: Getter<Variables> & Setter<Variables> = Object.freeze({
  get: readVariable,
  set: writeVariable,
  keys: Object.keys,
});

function readVariable(variables: Variables, name: string): string | undefined {
  const variable = variableName(name);
  return Object.hasOwn(variables, variable) ? variables[variable] : undefined;
}

function writeVariable(variables: Variables, name: string, value: string): void {
  variables[variableName(name)] = value;
}

function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
