import type assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StartOptions } from 'throughline';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { FaultProxy } from './fault-proxy.ts';
import { type Arrived, ServiceProcess, type ServiceSurroundings, SinkProcess } from './processes.ts';
import type { ServiceOrder } from './service-order.ts';

const POLL_MS = 50;

/** One collector, a proxy before it that fails on demand, a folder for spools, and the services that were started. */
export class World {
  readonly sink: SinkProcess;
  readonly proxy: FaultProxy;
  readonly spoolDirectory: string;
  readonly #services: ServiceProcess[] = [];

  private constructor(sink: SinkProcess, proxy: FaultProxy) {
    this.sink = sink;
    this.proxy = proxy;
    this.spoolDirectory = mkdtempSync(join(tmpdir(), 'throughline-faults-'));
  }

  static async open(): Promise<World> {
    const sink = await SinkProcess.start();
    return new World(sink, await new FaultProxy(sink.url).open());
  }

  /** A service that sends through the proxy, and spools into this world's folder unless its order says otherwise. */
  async service(order: ServiceOrder, surroundings: ServiceSurroundings = {}): Promise<ServiceProcess> {
    const options: StartOptions = { service: 'fault', spool: this.spool('overflow'), ...order.options };
    const service = new ServiceProcess({ ...order, options }, { endpoint: this.proxy.url, ...surroundings });
    this.#services.push(service);
    await Promise.race([service.running, service.end]);
    return service;
  }

  spool(mode: 'overflow' | 'ahead' | 'off'): NonNullable<StartOptions['spool']> {
    return { mode, directory: this.spoolDirectory };
  }

  /** Numbers of `run` up to `ended` that have not arrived. */
  async missing(run: string, ended: number): Promise<number[]> {
    return missingOf(await this.sink.arrived(), run, ended);
  }

  /** Waits until every span of `run` has arrived; resolves with the milliseconds it took, or what is missing then. */
  async untilArrived(run: string, ended: number, timeoutMs: number): Promise<{ tookMs: number; missing: number[] }> {
    const startMs = performance.now();
    for (;;) {
      const missing = await this.missing(run, ended);
      const tookMs = performance.now() - startMs;
      if (missing.length === 0 || tookMs > timeoutMs) return { tookMs, missing };
      await setTimeout(POLL_MS);
    }
  }

  /** A later process of the same service, which finds what dead ones have left behind. It is ended when `work` is done. */
  async withSuccessor<Result>(work: (successor: ServiceProcess) => Promise<Result>): Promise<Result> {
    const order: ServiceOrder = { run: 'successor', rate: 100, total: 1, ending: 'stay' };
    const successor = await this.service(order);
    try {
      return await work(successor);
    } finally {
      successor.kill('SIGKILL');
      await successor.end;
    }
  }

  async close(): Promise<void> {
    for (const service of this.#services) service.kill('SIGKILL');
    await Promise.all(this.#services.map((service) => service.end));
    await this.proxy.close();
    this.sink.stop();
    rmSync(this.spoolDirectory, { recursive: true, force: true });
  }
}

export function missingOf(arrived: Arrived, run: string, ended: number): number[] {
  const numbers = arrived.numbers.get(run);
  const missing: number[] = [];
  for (let seq = 1; seq <= ended; seq++) if (numbers?.has(seq) !== true) missing.push(seq);
  return missing;
}

/** The sum of all reasons. */
export function droppedOf(stats: { readonly dropped: object } | undefined): number {
  return Object.values(stats?.dropped ?? {}).reduce((sum: number, count: number) => sum + count, 0);
}

/** All that is wrong with the books, in words; nothing when they balance. */
export function booksProblem(stats: Parameters<typeof assertCounterLaw>[0] | undefined): string[] {
  if (stats === undefined) return ['the process said no stats'];
  try {
    assertCounterLaw(stats);
    return [];
  } catch (error) {
    return [(error as assert.AssertionError).message];
  }
}
