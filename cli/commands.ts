import type { Command } from './command.ts';

/** A command before it is loaded: what the list in help says of it. */
export interface CommandEntry {
  readonly summary: string;
  load(): Promise<Command>;
}

/** All commands, in the order in which help lists them. Each is loaded when it is called. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  ls: { summary: 'list traces, the latest first', load: async () => (await import('./commands/ls.ts')).command },
  show: { summary: 'draw one trace as a waterfall', load: async () => (await import('./commands/show.ts')).command },
  report: {
    summary: 'what was slow, what failed, and why',
    load: async () => (await import('./commands/report.ts')).command,
  },
};
