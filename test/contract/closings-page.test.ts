import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../support/repository.ts';
import { closingsTable } from './server/closings.ts';

test('the table of endings in docs/http.md says what the contract suite holds every adapter to', () => {
  const page = readText('docs/http.md');
  for (const row of closingsTable().split('\n')) assert.ok(page.includes(row), `docs/http.md lacks the row ${row}`);
});
