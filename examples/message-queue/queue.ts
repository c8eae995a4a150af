/** A message as a broker keeps it: nothing but bytes, as in Kafka. */
export interface Message {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** A log that every group of consumers reads at its own pace. Objects go in and bytes come out: no scope gets through. */
export class Topic {
  readonly name: string;
  readonly #log: Message[];
  /** By group: how many messages it has read. */
  readonly #offsets: Map<string, number>;

  constructor(name: string) {
    this.name = name;
    this.#log = [];
    this.#offsets = new Map();
  }

  publish(value: object, headers: Readonly<Record<string, string>>): void {
    const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
    this.#log.push({ value: Buffer.from(JSON.stringify(value)), headers: Object.fromEntries(bytes) });
  }

  /** The next messages for this group, `max` at most. */
  read(group: string, max: number): readonly Message[] {
    const offset = this.#offsets.get(group) ?? 0;
    const messages = this.#log.slice(offset, offset + max);
    this.#offsets.set(group, offset + messages.length);
    return messages;
  }
}
