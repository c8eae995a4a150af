import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Throughline } from 'throughline';
import { childEnvironment } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';
import type { ServiceOrder } from './service-order.ts';

type Stats = ReturnType<Throughline['stats']>;

const FOLDER = join(repositoryRoot, 'dist', 'test', 'faults');

interface Message {
  readonly id: number;
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** A child process that is asked questions over its channel, one answer each. */
class Asked {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isGone = false;

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('message', (message: Message) => {
      this.#waiting.get(message.id)?.resolve(message as never);
      this.#waiting.delete(message.id);
    });
    child.on('disconnect', () => this.#gone());
  }

  /** The first thing that the child says, by itself. */
  first<Answer>(): Promise<Answer> {
    return this.#answer(0);
  }

  ask<Answer>(name: string, value?: object): Promise<Answer> {
    const id = ++this.#lastId;
    const answer = this.#answer<Answer>(id);
    if (this.#isGone) this.#gone();
    else this.child.send({ id, name, value }, (error) => error && this.#gone());
    return answer;
  }

  #answer<Answer>(id: number): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #gone(): void {
    this.#isGone = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('the process ended before it answered'));
    this.#waiting.clear();
  }
}

/** All that has arrived at the collector. */
export interface Arrived {
  /** Spans received, those that came twice counted twice. */
  readonly received: number;
  readonly distinct: number;
  /** Of these, spans that were still open when their process was shut down. */
  readonly incomplete: number;
  /** Spans that carry no number of ours. */
  readonly foreign: number;
  /** The numbers that came, by the run they belong to. */
  readonly numbers: ReadonlyMap<string, ReadonlySet<number>>;
}

/** The collector's answers to what it understands. */
export interface SinkAnswers {
  /** Spans in one request above which it says 413. */
  readonly tooLargeAbove?: number;
  /** The number of spans of each request that it refuses (OTLP partial success). */
  readonly rejects?: number;
}

/** The collector, a process of its own. */
export class SinkProcess {
  readonly #asked: Asked;
  readonly url: string;

  private constructor(asked: Asked, url: string) {
    this.#asked = asked;
    this.url = url;
  }

  static async start(): Promise<SinkProcess> {
    const child = spawn(process.execPath, [join(FOLDER, 'sink-process.js')], {
      env: childEnvironment(),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const asked = new Asked(child);
    const { url } = await asked.first<{ url: string }>();
    return new SinkProcess(asked, url);
  }

  async arrived(): Promise<Arrived> {
    const answer = await this.#asked.ask<Omit<Arrived, 'numbers'> & { runs: [string, string][] }>('report');
    const numbers = new Map(answer.runs.map(([run, list]) => [run, new Set(list.split(',').map(Number))]));
    return { ...answer, numbers };
  }

  /** From now on. */
  async answerWith(answers: SinkAnswers): Promise<void> {
    await this.#asked.ask('answer', answers);
  }

  stop(): void {
    this.#asked.child.kill('SIGKILL');
  }
}

/** The figures that a service under fault says of itself while it runs. */
export interface ServiceFigures {
  readonly ended: number;
  readonly heapBytes: number;
  /** Delay of the event loop since it was weighed, at the 99.9th percentile. */
  readonly blockMs: number;
  readonly stats: Stats;
}

/** The way that it ended. */
export interface ServiceEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** When it had nothing left to do; NaN when a signal came first. */
  readonly finishedMs: number;
  readonly exitedMs: number;
  /** Highest number that it said had ended. */
  readonly ended: number;
  readonly stats: Stats | undefined;
  readonly stderr: string;
}

export interface ServiceSurroundings {
  /** The place that its spans go to; none: nothing is configured. */
  readonly endpoint?: string;
  readonly variables?: NodeJS.ProcessEnv;
}

/** A service under fault, a process of its own. */
export class ServiceProcess {
  readonly #asked: Asked;
  readonly order: ServiceOrder;
  /** Settles when it has ended. */
  readonly end: Promise<ServiceEnd>;
  /** Settles with the first word from it: spans are made from then on. */
  readonly running: Promise<void>;
  #ended = 0;
  #finishedMs = Number.NaN;
  #stats: Stats | undefined;
  #stderr = '';

  constructor(order: ServiceOrder, surroundings: ServiceSurroundings) {
    const { endpoint, variables } = surroundings;
    const program = join(FOLDER, 'service-process.js');
    const child = spawn(process.execPath, ['--expose-gc', program, JSON.stringify(order)], {
      env: {
        ...childEnvironment(),
        ...(endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
        ...variables,
      },
      stdio: ['ignore', 'inherit', 'pipe', 'pipe', 'ipc'],
    });
    this.order = order;
    this.#asked = new Asked(child);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    const said = child.stdio[3] as Readable;
    this.running = once(said, 'readable').then(() => this.#listen(said));
    this.end = this.#ending(child);
  }

  get pid(): number {
    return this.#asked.child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  figures(): Promise<ServiceFigures> {
    return this.#ask('figures');
  }

  /** The same after a collection of garbage; blocks are counted anew from here on. */
  weigh(): Promise<ServiceFigures> {
    return this.#ask('weigh');
  }

  /** Makes no more spans; it goes on running. */
  stopMaking(): Promise<ServiceFigures> {
    return this.#ask('stop');
  }

  async #ask(name: string): Promise<ServiceFigures> {
    try {
      return await this.#asked.ask(name);
    } catch (error) {
      throw new Error(`${this.order.run}: ${(error as Error).message}; it said:\n${this.#stderr}`);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#asked.child.kill(signal);
  }

  #listen(said: Readable): void {
    let text = '';
    said.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    if (line.startsWith('done ')) this.#finishedMs = Number(line.slice(5));
    else if (line.startsWith('stats ')) this.#stats = JSON.parse(line.slice(6)) as Stats;
    else this.#ended = Number(line);
  }

  async #ending(child: ChildProcess): Promise<ServiceEnd> {
    const exited = once(child, 'exit').then(() => Date.now());
    const [[status, signal], exitedMs] = await Promise.all([once(child, 'close'), exited]);
    return {
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
      finishedMs: this.#finishedMs,
      exitedMs,
      ended: this.#ended,
      stats: this.#stats,
      stderr: this.#stderr,
    };
  }
}
