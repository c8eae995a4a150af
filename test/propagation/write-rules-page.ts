import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/repository.ts';
import { rules } from './rules.ts';
import { PAGE, rulesPage } from './rules-page.ts';

// `npm run docs:propagation`
writeFileSync(join(repositoryRoot, PAGE), rulesPage(rules));
console.log(`${PAGE}: ${rules.length} rules`);
