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
  diff: { summary: 'compare two traces, or two runs', load: async () => (await import('./commands/diff.ts')).command },
  tail: { summary: 'follow traces as they come', load: async () => (await import('./commands/tail.ts')).command },
  export: { summary: 'write traces for other tools', load: async () => (await import('./commands/export.ts')).command },
  doctor: { summary: 'say why spans do not arrive', load: async () => (await import('./commands/doctor.ts')).command },
};
