import { subscribe } from 'node:diagnostics_channel';
import { noteFault } from '../../src/core/diagnostics.ts';

/** Subscribes to a diagnostics channel for good. An error of a subscriber ends the process: none leaves this one. */
export function listen<Message>(channel: string, onMessage: (message: Message) => void): void {
  subscribe(channel, function throughlineListener(message) {
    try {
      onMessage(message as Message);
    } catch (error) {
      noteFault(channel, error);
    }
  });
}
