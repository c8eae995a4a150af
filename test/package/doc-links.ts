import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { listFiles, readText, repositoryRoot } from '../support/repository.ts';

/** Every page a reader may follow a link from. */
export function listDocuments(): string[] {
  const folders = ['docs', 'examples', 'bench'].flatMap((folder) => listFiles(folder));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...folders.filter((path) => path.endsWith('.md'))];
}

/** The faults of the links of one page, a line each; nothing when all lead somewhere. */
export function brokenLinks(document: string, text: string): string[] {
  return linksOf(text)
    .filter((link) => !leadsSomewhere(document, link, text))
    .map((link) => `${document} → ${link}`);
}

/** The pages that can be reached from one by links, itself among them. */
export function pagesFrom(document: string): Set<string> {
  const reached = new Set([document]);
  for (const page of reached) {
    for (const link of linksOf(readText(page))) {
      const target = posix.join(posix.dirname(page), link.split('#')[0] || posix.basename(page));
      if (target.endsWith('.md')) reached.add(target);
    }
  }
  return reached;
}

function leadsSomewhere(document: string, link: string, text: string): boolean {
  const [path = '', anchor] = link.split('#');
  if (path === '') return anchorsOf(text).has(anchor ?? '');
  const target = posix.join(posix.dirname(document), path);
  if (target.startsWith('..') || !existsSync(join(repositoryRoot, target))) return false;
  return anchor === undefined || (target.endsWith('.md') && anchorsOf(readText(target)).has(anchor));
}

/** Targets of links and images, with their anchors: not those of the web, and not what stands in code. */
export function linksOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors of a page's headings as GitHub makes them: `## When not to use it` is `when-not-to-use-it`. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = slugOf(heading);
    let anchor = slug;
    for (let times = 1; anchors.has(anchor); times += 1) anchor = `${slug}-${times}`;
    anchors.add(anchor);
  }
  return anchors;
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, '');
}

function withoutFences(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```/gm, '');
}
