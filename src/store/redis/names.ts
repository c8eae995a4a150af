import { compareText } from '../../leaves/compare.ts';
import { RedTable } from '../red.ts';
import type { AggregateQuery, AggregateRow, Operation } from '../span-store.ts';
import { addCounters } from './counters.ts';
import { hourOf, layout, readOperationMember, WINDOWS_AN_HOUR } from './layout.ts';
import { listOf, type RedisReader } from './reader.ts';

/** Services, operations, hours and counters: what is read without looking at a trace. */
export class RedisNames {
  readonly #reader: RedisReader;

  constructor(reader: RedisReader) {
    this.#reader = reader;
  }

  async services(signal?: AbortSignal): Promise<string[]> {
    return (await this.#names(layout.services, signal)).sort();
  }

  async operations(service: string, signal?: AbortSignal): Promise<Operation[]> {
    const members = await this.#names(layout.operations(service), signal);
    const operations = members.map(readOperationMember);
    return operations.sort((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
  }

  /** Hours that may have traces, the latest first. */
  async hours(signal?: AbortSignal): Promise<number[]> {
    const hours = (await this.#names(layout.hours, signal)).map(Number).filter(Number.isSafeInteger);
    return hours.sort((a, b) => b - a);
  }

  /** Writers take out what has not been written for the ttl. */
  async #names(key: string, signal?: AbortSignal): Promise<string[]> {
    const [members] = await this.#reader.ask([{ key, parts: ['ZRANGE', key, 0, -1] }], signal);
    return listOf(members).map(String);
  }

  async aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateRow[]> {
    const table = new RedTable(query);
    const services = query.service === undefined ? await this.services(signal) : [query.service];
    const hours = (await this.hours(signal)).filter((hour) => hour >= hourOf(table.from) && hour <= hourOf(table.to));
    for (const service of services) await this.#addService(table, service, hours, signal);
    return table.rows();
  }

  async #addService(table: RedTable, service: string, hours: readonly number[], signal?: AbortSignal): Promise<void> {
    const windows = hours.flatMap((hour) =>
      Array.from({ length: WINDOWS_AN_HOUR }, (_, n) => hour * WINDOWS_AN_HOUR + n),
    );
    const keys = windows.map((window) => layout.red(service, window));
    const replies = await this.#reader.ask(
      keys.map((key) => ({ key, parts: ['HVALS', key] })),
      signal,
    );
    for (const [index, window] of windows.entries()) {
      for (const value of listOf(replies[index])) {
        const isRead = value instanceof Buffer && addCounters(table, service, window, value);
        if (!isRead) this.#reader.note(keys[index] ?? '', 'a damaged counter; the others were read');
      }
    }
  }
}
