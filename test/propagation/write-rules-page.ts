import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText, repositoryRoot } from '../support/repository.ts';
import { rules } from './rules.ts';
import { renewPage } from './rules-page.ts';

// `npm run docs:propagation`
const PAGE = 'docs/propagation.md';
writeFileSync(join(repositoryRoot, PAGE), renewPage(readText(PAGE), rules));
console.log(`${PAGE}: ${rules.length} rules`);
