import { subscribe } from 'node:diagnostics_channel';
import { noteFault } from '../../src/core/diagnostics.ts';

/** Subscribes to a diagnostics channel for good. What a subscriber throws ends the process: nothing leaves this one. */
export function listen<Message>(channel: string, onMessage: (message: Message) => void): void {
  subscribe(channel, function throughlineListener(message) {
    try {
      onMessage(message as Message);
    } catch (error) {
      noteFault(channel, error);
    }
  });
}
