import { serviceName } from '../analysis/tree.ts';
import type { SpanRecord } from '../core/record.ts';
import { compareText } from '../leaves/compare.ts';
import type { Operation } from './span-store.ts';

/** Collects what one service does. */
export class OperationSet {
  readonly #service: string;
  readonly #found = new Map<string, Operation>();

  constructor(service: string) {
    this.#service = service;
  }

  add(span: SpanRecord): void {
    if (serviceName(span) === this.#service) this.addOperation({ name: span.name, kind: span.kind });
  }

  addOperation(operation: Operation): void {
    this.#found.set(`${operation.name}\0${operation.kind}`, operation);
  }

  /** By name, then kind. */
  list(): Operation[] {
    return [...this.#found].sort(([a], [b]) => compareText(a, b)).map(([, operation]) => operation);
  }
}
