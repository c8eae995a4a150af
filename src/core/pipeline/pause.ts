import { clearTimeout, LONGEST_TIMER_MS, setTimeout } from '../timers.ts';

/** A time that can be waited for, and cut short. */
export interface Pause {
  readonly promise: Promise<void>;
  readonly isOver: boolean;
  cancel(): void;
}

/** A pause of `ms` milliseconds. The process stays alive for it. What is no time is none. */
export function pause(ms: number): Pause {
  const boundedMs = ms > 0 ? Math.min(ms, LONGEST_TIMER_MS) : 0;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isOver = true;
      resolve();
    }, boundedMs);
  });
  return {
    promise,
    get isOver() {
      return isOver;
    },
    cancel: () => clearTimeout(timer),
  };
}
