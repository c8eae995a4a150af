import type { Rule } from './rule.ts';

/** What stands above this line is written by hand, what stands below it is printed from the rules. */
export const MARKER = '<!-- Below this line: npm run docs:propagation -->';

/** The page with its lower part printed anew; what is written by hand stays. */
export function renewPage(page: string, rules: readonly Rule[]): string {
  const at = page.indexOf(MARKER);
  const byHand = at === -1 ? `${page.trimEnd()}\n\n` : page.slice(0, at);
  return `${byHand}${MARKER}\n\n${printRules(rules)}`;
}

function printRules(rules: readonly Rule[]): string {
  const headings = [...new Set(rules.map(({ heading }) => heading))];
  const tables = headings.map((heading) =>
    printTable(
      heading,
      rules.filter((rule) => rule.heading === heading),
    ),
  );
  return `## Every rule, and the test that holds it\n\n${tables.join('\n')}`;
}

function printTable(heading: string, rules: readonly Rule[]): string {
  const rows = rules.map(({ rule, clause, test: [file, name] }) => {
    return `| ${cell(rule)} | ${cell(clause)} | [${cell(name)}](../test/${file}) |`;
  });
  return [`### ${heading}`, '', '| rule | where it says so | test |', '|---|---|---|', ...rows, ''].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
