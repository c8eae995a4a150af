import type { SpanKind, SpanRecord } from '../core/record.ts';
import { isCall, routeOf, targetOf, textAttribute } from './calls.ts';
import { pathOf } from './normalise.ts';
import { serviceName } from './tree.ts';
import type { TreeNode } from './types.ts';

/** A server span that is named so met no route. */
const METHODS: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY HTTP'.split(' '),
);

/**
 * The name of a span, wherever one span is meant: in a tree, in a finding. A call that is named by its method alone
 * gets its target, a request that met no route its path.
 *
 *     GET → pricing      GET → api.example.com:443      GET (no route) /favicon.ico
 */
export function labelOf(node: TreeNode): string {
  const path = pathWithoutRoute(node.span);
  return path === undefined ? operationOf(node) : `${operationOf(node)} ${path}`;
}

/**
 * The name of what a span is one of many of, wherever spans are summed up: the same without what differs from
 * request to request.
 *
 *     GET → pricing      GET (no route)
 */
export function operationOf(node: TreeNode): string {
  const { span } = node;
  return operationText({ operation: span.name, kind: span.kind, target: statableTarget(node) });
}

/** The same of a row of a table, which knows no span. */
export function operationText(row: {
  readonly operation: string;
  readonly kind: SpanKind;
  readonly target?: string | undefined;
}): string {
  if (row.target !== undefined) return `${row.operation} → ${row.target}`;
  return row.kind === 'server' && METHODS.has(row.operation) ? `${row.operation} (no route)` : row.operation;
}

/** Whom a call goes to, where its name does not say so. */
export function statableTarget(node: TreeNode): string | undefined {
  return isCall(node.span) && !node.span.name.includes(' ') ? targetOf(node) : undefined;
}

/** The path of a served request that no route took: its name is the method alone. */
export function pathWithoutRoute(span: SpanRecord): string | undefined {
  if (span.kind !== 'server' || !METHODS.has(span.name)) return undefined;
  const url = textAttribute(span, 'url.path', 'http.target', 'url.full', 'http.url');
  return url && pathOf(url);
}

/** A span with its service: `stock GET /stock/:sku`, `shop GET → stock`. */
export function describeSpan(node: TreeNode): string {
  return `${serviceName(node.span)} ${labelOf(node)}`;
}

/** A call with the path that was called, where one is known: `GET → stock /items/:id`. */
export function describeCall(call: TreeNode): string {
  const route = routeOf(call) ?? '';
  const operation = operationOf(call);
  const path = route.slice(route.indexOf('/'));
  return !route.includes('/') || operation.includes(path) ? operation : `${operation} ${path}`;
}
