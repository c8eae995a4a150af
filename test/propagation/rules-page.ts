import type { Rule } from './rule.ts';

/** The place where the page is kept. */
export const PAGE = 'docs/reference/propagation-rules.md';

const HEAD = `# Rules of propagation

<!-- Written by \`npm run docs:propagation\` from test/propagation/rules-*.ts. Not edited by hand. -->

Every rule of a wire format that is kept, where it stands, and the test that holds it. How to choose and use the formats:
[propagation](../propagation.md).
`;

/** The page, a table a heading. */
export function rulesPage(rules: readonly Rule[]): string {
  const headings = [...new Set(rules.map(({ heading }) => heading))];
  const tables = headings.map((heading) =>
    printTable(
      heading,
      rules.filter((rule) => rule.heading === heading),
    ),
  );
  return `${HEAD}\n${tables.join('\n')}`;
}

function printTable(heading: string, rules: readonly Rule[]): string {
  const rows = rules.map(({ rule, clause, test: [file, name] }) => {
    return `| ${cell(rule)} | ${cell(clause)} | [${cell(name)}](../../test/${file}) |`;
  });
  return [`## ${heading}`, '', '| rule | where it says so | test |', '|---|---|---|', ...rows, ''].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
