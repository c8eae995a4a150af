import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Environment, type Variables } from '../../src/core/settings/environment.ts';
import { otlpTls, type TlsEnvironment } from '../../src/core/settings/otlp-tls-environment.ts';
import { selfSigned } from '../support/self-signed.ts';

const directory = mkdtempSync(join(tmpdir(), 'throughline-pem-'));
after(() => rmSync(directory, { recursive: true }));

const authority = selfSigned('authority');
const client = selfSigned('client');
const ca = saved('ca.pem', authority.cert);
const cert = saved('cert.pem', client.cert);
const key = saved('key.pem', client.key);
const junk = saved('junk.pem', 'no certificate');

describe('the OTEL_EXPORTER_OTLP_* variables of TLS', () => {
  it('give the contents of the files they name', () => {
    const { tls, warnings } = tlsOf({ CERTIFICATE: ca, CLIENT_CERTIFICATE: cert, CLIENT_KEY: key });
    assert.deepEqual(tls, { ca: authority.cert, cert: client.cert, key: client.key });
    assert.deepEqual(warnings, []);
  });

  it('say nothing when none is set', () => {
    assert.deepEqual(tlsOf({}), { tls: undefined, warnings: [] });
  });

  it('prefer those for traces', () => {
    assert.deepEqual(tlsOf({ CERTIFICATE: junk, TRACES_CERTIFICATE: ca }), {
      tls: { ca: authority.cert },
      warnings: [],
    });
  });

  const wrong: [what: string, variables: Record<string, string>, tls: TlsEnvironment | undefined, warning: RegExp][] = [
    [
      'a file that is not there',
      { CERTIFICATE: '/nowhere.pem' },
      undefined,
      /^OTEL_EXPORTER_OTLP_CERTIFICATE must be the path/,
    ],
    [
      'a file without a certificate',
      { CERTIFICATE: junk },
      undefined,
      /^OTEL_EXPORTER_OTLP_CERTIFICATE must be the path/,
    ],
    [
      'a key that is none',
      { CLIENT_CERTIFICATE: cert, CLIENT_KEY: cert },
      undefined,
      /CLIENT_KEY must be the path of a private key/,
    ],
    [
      'a certificate without its key',
      { CERTIFICATE: ca, CLIENT_CERTIFICATE: cert },
      { ca: authority.cert },
      /set together with/,
    ],
    [
      'a certificate with the key of another',
      { CLIENT_CERTIFICATE: ca, CLIENT_KEY: key },
      undefined,
      /set together with/,
    ],
  ];
  for (const [what, variables, tls, warning] of wrong) {
    it(`warn about ${what}, and ignore it`, () => {
      const result = tlsOf(variables);
      assert.deepEqual(result.tls, tls);
      assert.match(result.warnings.join('\n'), warning);
      assert.ok(!result.warnings.join('').includes('BEGIN'));
    });
  }
});

function saved(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function tlsOf(variables: Record<string, string>): { tls: TlsEnvironment | undefined; warnings: string[] } {
  const warnings: string[] = [];
  const named: Variables = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  const tls = otlpTls(new Environment(named, (message) => warnings.push(message)));
  return { tls, warnings };
}
