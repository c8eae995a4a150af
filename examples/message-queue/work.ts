import { setTimeout as pause } from 'node:timers/promises';
import { baggage, type Link, span } from 'throughline';
import { extract, inject } from 'throughline/propagation';
import type { Message, Topic } from './queue.ts';

/** The producer: what is active goes into the headers of the message. */
export async function order(topic: Topic, item: string, tenant: string): Promise<void> {
  await baggage.with({ tenant }, () =>
    span(`send ${topic.name}`, { kind: 'producer', attributes: { ...described(topic, 'send'), item } }, async () => {
      await pause(1);
      topic.publish({ item }, inject({}));
    }),
  );
}

/** One message at a time: its span goes on in the trace of the sender, and has the baggage that came along. */
export async function ship(topic: Topic, message: Message): Promise<void> {
  const attributes = { ...described(topic, 'process'), item: itemOf(message) };
  const parent = extract(message.headers) ?? null; // a message without context begins a trace of its own
  await span(
    `process ${topic.name}`,
    { kind: 'consumer', parent, links: linksTo([message]), attributes },
    async (s) => {
      s.tag('tenant', baggage.get('tenant') ?? 'nobody');
      await pause(2);
    },
  );
}

/** Many at once: they come from many traces, so the span is in none of these and links to all of them. */
export async function count(topic: Topic, messages: readonly Message[]): Promise<void> {
  const attributes = { ...described(topic, 'process'), 'messaging.batch.message_count': messages.length };
  await span('count orders', { kind: 'consumer', parent: null, links: linksTo(messages), attributes }, () => pause(1));
}

function linksTo(messages: readonly Message[]): Link[] {
  return messages.flatMap((message) => {
    const context = extract(message.headers);
    return context === undefined ? [] : [{ context }];
  });
}

function described(topic: Topic, operation: 'send' | 'process'): Record<string, string> {
  return { 'messaging.destination.name': topic.name, 'messaging.operation.type': operation };
}

function itemOf({ value }: Message): string {
  return JSON.parse(value.toString()).item;
}
