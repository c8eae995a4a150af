import { REDACTED } from '../../src/core/redaction.ts';
import { type Replacements, redactTarget, redactUrls } from '../../src/core/spans/redact-text.ts';
import { redactQuery, redactUrl } from '../url-parts.ts';

/** Shorter ones stand in any text. */
const MIN_USERINFO = 6;

/**
 * The texts by which an error may repeat the URL of its request, and what is to be read instead: the URL as the app wrote
 * it (`written`) and as it was sent, its query and its credentials. The longest first.
 */
export function secretsOf(
  url: URL | undefined,
  written: string | undefined,
  allowed: ReadonlySet<string>,
): Replacements {
  const secrets: [string, string][] = [];
  if (written !== undefined) {
    secrets.push([written, written.includes('://') ? redactUrls(written) : redactTarget(written)]);
    addQuery(secrets, written.slice(written.indexOf('?') + 1), allowed);
  }
  if (url !== undefined) {
    secrets.push([url.href, redactUrl(url, allowed)]);
    addQuery(secrets, url.search.slice(1), allowed);
    const userinfo = `${url.username}:${url.password}`;
    for (const text of [userinfo, decoded(userinfo)]) {
      if (text.length >= MIN_USERINFO) secrets.push([text, `${REDACTED}:${REDACTED}`]);
    }
  }
  return secrets.filter(([secret, shown]) => secret !== '' && secret !== shown);
}

function addQuery(secrets: [string, string][], query: string, allowed: ReadonlySet<string>): void {
  if (!query.includes('=')) return;
  const shown = redactQuery(query, allowed) ?? '';
  secrets.push([query, shown], [decoded(query), shown]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
