import { validateHeaderName, validateHeaderValue } from 'node:http';
import { orAborted } from '../core/pipeline/deadline.ts';

/** Gives the headers of a request, for each anew. Rejects where it cannot, or when the signal fires. */
export type HeadersSource = (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;

/** Headers as an app gives them: as they are, or a function that is asked for each request. */
export type GivenHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** Our own headers with those of the app over them. */
export function headersSource(own: Readonly<Record<string, string>>, given: GivenHeaders = {}): HeadersSource {
  if (typeof given === 'function') return async (signal) => ({ ...own, ...(await asked(given, signal)) });
  const all = { ...own, ...given };
  return async () => all;
}

type HeadersFunction = Extract<GivenHeaders, () => unknown>;

async function asked(give: HeadersFunction, signal: AbortSignal): Promise<Record<string, string>> {
  let given: unknown;
  try {
    given = await orAborted((async () => give())(), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`the function of "headers" failed: ${kindOf(error)}`);
  }
  return lowerCased(given);
}

/** Neither values nor messages are told: both may hold the secret. */
function kindOf(error: unknown): string {
  const { code, name } = Object(error) as NodeJS.ErrnoException;
  return String(code ?? name ?? 'it threw no error');
}

function lowerCased(given: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(Object(given))) {
    if (!isHeader(name, value))
      throw new Error(`the function of "headers" gave ${JSON.stringify(name)} no valid value`);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function isHeader(name: string, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
