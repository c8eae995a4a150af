import type { SpanRecord } from '../core/record.ts';
import { normaliseName, normalisePath, normaliseStatement } from './normalise.ts';
import { serviceName } from './tree.ts';
import type { TreeNode } from './types.ts';

/** A call to something else: a service, a database, a queue. A span of the app's own that names a database is one too. */
export function isCall(span: SpanRecord): boolean {
  if (span.kind === 'client' || span.kind === 'producer') return true;
  return span.kind === 'internal' && textAttribute(span, 'db.system.name', 'db.system') !== undefined;
}

/** The first of these attributes that is a text with something in it. */
export function textAttribute({ attributes }: SpanRecord, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The spans at the other end of a call: those of another process below it. */
export function answersOf(call: TreeNode): TreeNode[] {
  return call.children.filter(({ transit, span }) => transit || span.kind === 'server' || span.kind === 'consumer');
}

/**
 * The target of a call: the service that answered or, where none reports, the peer that the call names, its
 * database, queue, or address. `undefined` when the span says nothing.
 */
export function targetOf(call: TreeNode): string | undefined {
  const [answer] = answersOf(call);
  return answer ? serviceName(answer.span) : statedTarget(call.span);
}

/** The target that the span itself names. */
export function statedTarget(span: SpanRecord): string | undefined {
  const named = textAttribute(span, 'service.peer.name', 'peer.service');
  if (named !== undefined) return named;
  const database = databaseOf(span);
  if (database !== undefined) return database;
  const queue = textAttribute(span, 'messaging.destination.name', 'messaging.system', 'rpc.service');
  return queue ?? addressOf(span);
}

/** By its name; Redis and the like number theirs (`db.namespace` `0`), which says less than what they are. */
function databaseOf(span: SpanRecord): string | undefined {
  const name = textAttribute(span, 'db.namespace', 'db.name');
  const system = textAttribute(span, 'db.system.name', 'db.system');
  return name === undefined || /^\d+$/.test(name) ? (system ?? name) : name;
}

/** `host:port` of a call, or of the server that was called. */
export function addressOf(span: SpanRecord): string | undefined {
  const host = textAttribute(span, 'server.address', 'net.peer.name');
  const port = span.attributes['server.port'] ?? span.attributes['net.peer.port'];
  return host === undefined || port === undefined ? host : `${host}:${port}`;
}

/**
 * A key that equivalent calls share: whom they call, and the statement or route with ids and values taken
 * out. Routes are those that the called service states, else the client's template or its path.
 */
export function callKey(call: TreeNode): string {
  const { span } = call;
  return JSON.stringify([span.kind, normaliseName(span.name), targetOf(call), statementOf(span) ?? routeOf(call)]);
}

/** A key that two calls share when one is the other, tried again: the same statement or URL, to the same place. */
export function callIdentity(call: TreeNode): string {
  const { span } = call;
  const exact = textAttribute(span, 'db.query.text', 'db.statement', 'url.full', 'http.url');
  return JSON.stringify([span.kind, span.name, statedTarget(span), exact ?? routeOf(call)]);
}

function statementOf(span: SpanRecord): string | undefined {
  const summary = textAttribute(span, 'db.query.summary');
  if (summary !== undefined) return summary;
  const statement = textAttribute(span, 'db.query.text', 'db.statement');
  return statement && normaliseStatement(statement);
}

export function routeOf(call: TreeNode): string | undefined {
  const { span } = call;
  const answer = answersOf(call)[0]?.span;
  const route = (answer && textAttribute(answer, 'http.route')) ?? textAttribute(span, 'url.template', 'http.route');
  if (route !== undefined) return route;
  if (answer) return answer.name;
  const url = textAttribute(span, 'url.full', 'http.url', 'url.path');
  return url && normalisePath(url);
}

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);
const READING_STATEMENT = /^\s*(?:select|with|show|get|mget|hget|hgetall|find|exists|lrange|smembers|zrange)\b/i;

/**
 * True for a call that may change something: then others may depend on it without a trace of why. HTTP methods
 * but the safe ones, statements that do not begin like a query, and messages. What says neither counts as reading.
 */
export function mayWrite({ span }: TreeNode): boolean {
  if (span.kind === 'producer') return true;
  const method = textAttribute(span, 'http.request.method', 'http.method');
  if (method !== undefined) return !READING_METHODS.has(method.toUpperCase());
  const statement = textAttribute(span, 'db.operation.name', 'db.query.summary', 'db.query.text', 'db.statement');
  return statement !== undefined && !READING_STATEMENT.test(statement);
}
