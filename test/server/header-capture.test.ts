import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsCredentials } from '../../middleware/server/header-capture.ts';

const SECRET =
  'authorization proxy-authorization cookie cookie2 set-cookie x-api-key api-key apikey dd-api-key x-amz-security-token x-amz-signature x-auth-token x-csrf-token x-xsrf-token x-session-id sid x-goog-iap-jwt-assertion x-client-secret authentication-info ocp-apim-subscription-key x_api_key';
const HARMLESS =
  'accept content-type host user-agent x-request-id x-tenant etag idempotency-key sec-websocket-key surrogate-key x-author x-tokens-left keynote www-authenticate cache-control referer';

for (const name of SECRET.split(' ')) {
  test(`the header ${name} holds credentials`, () => assert.equal(holdsCredentials(name), true));
}
for (const name of HARMLESS.split(' ')) {
  test(`the header ${name} holds none`, () => assert.equal(holdsCredentials(name), false));
}
