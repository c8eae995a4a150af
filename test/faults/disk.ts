import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import { booksProblem, droppedOf, missingOf, World } from './world.ts';

/** A disk, or a limit, that fails under the spool in `directory` of the process `pid`. */
interface DiskFault {
  readonly name: string;
  readonly isMounted?: true;
  cause(directory: string, pid: number): void;
  mend?(directory: string, pid: number): void;
}

const DISK_FAULTS: readonly DiskFault[] = [
  {
    name: 'full',
    isMounted: true,
    cause: (directory) => remount(directory, 'size=256k'),
    mend: (directory) => remount(directory, 'size=64m'),
  },
  {
    name: 'read-only',
    isMounted: true,
    cause: (directory) => remount(directory, 'ro'),
    mend: (directory) => remount(directory, 'rw'),
  },
  { name: 'deleted', cause: (directory) => rmSync(directory, { recursive: true, force: true }) },
  {
    name: 'limited to files of 64 KiB (EFBIG)',
    cause: (_directory, pid) => limit(pid, '--fsize=65536:'),
    mend: (_directory, pid) => limit(pid, '--fsize=unlimited:'),
  },
  {
    name: 'out of file descriptors (EMFILE)',
    cause: (_directory, pid) => limit(pid, '--nofile=5:'),
    mend: (_directory, pid) => limit(pid, '--nofile=1024:'),
  },
];

function remount(directory: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, directory]);
}

/** Of a running process; the soft limit alone, which can be lifted again. */
function limit(pid: number, what: string): void {
  execFileSync('prlimit', ['--pid', String(pid), what]);
}

/** FAULTS.md row 15. */
async function failingDisk(fault: DiskFault, extent: Extent): Promise<Outcome> {
  const world = await World.open();
  const directory = join(world.spoolDirectory, 'disk');
  mkdirSync(directory, { mode: 0o700 });
  if (fault.isMounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory]);
  try {
    const options = {
      service: 'fault',
      spool: { mode: 'overflow', directory },
      limits: { queueBytes: 1024 * 1024 },
    } as const;
    const service = await world.service({ run: 'disk', rate: 2000, ending: 'stay', options });
    await setTimeout(300);
    await world.proxy.become('refuse');
    fault.cause(directory, service.pid);
    await setTimeout(extent.isLong ? 10_000 : 2000);
    const { ended: endedInFault, stats: during } = await service.figures();
    fault.mend?.(directory, service.pid);
    await world.proxy.become('pass');
    const afterMs = performance.now();
    const { ended: endedAfter } = await service.figures();
    await setTimeout(500);
    // What was made after the fault arrives: that is what recovered means here.
    const { ended } = await service.stopMaking();
    const isBack = async () => missingOf(await world.sink.arrived(), 'disk', ended).every((seq) => seq <= endedAfter);
    while (!(await isBack()) && performance.now() - afterMs < 10_000) await setTimeout(50);
    const recoveredMs = performance.now() - afterMs;
    await settled(service);
    const { stats } = await service.figures();
    const missing = missingOf(await world.sink.arrived(), 'disk', ended);
    service.kill('SIGTERM');
    const end = await service.end;
    const crashed = /Error|at .*:\d+:\d+/.test(end.stderr);
    return {
      figures: {
        spans: ended,
        lost: missing.length,
        counted: droppedOf(stats),
        queuedInFault: during.queued,
        spooledInFault: during.spooled,
        recoveredMs: Math.round(recoveredMs),
      },
      problems: [
        ...must(end.signal === 'SIGTERM', `the app ended with ${end.signal ?? end.status}`),
        ...must(!crashed, `something was thrown:\n${end.stderr}`),
        ...must(endedInFault > 1000, `the app only made ${endedInFault} spans`),
        ...must(missing.length <= droppedOf(stats), `${missing.length} lost, ${droppedOf(stats)} counted`),
        ...must(
          missing.every((seq) => seq <= endedAfter),
          'spans made after the fault were lost',
        ),
        ...booksProblem(stats),
        ...mustWhenMeasured(extent, recoveredMs <= 5000, `recovered after ${recoveredMs} ms`),
      ],
    };
  } finally {
    await world.close().catch(() => {}); // a mount is in the way of removing its folder
    if (fault.isMounted) execFileSync('umount', ['-l', directory]);
    rmSync(world.spoolDirectory, { recursive: true, force: true });
  }
}

async function settled(service: { figures(): Promise<{ stats: { queued: number; spooled: number } }> }): Promise<void> {
  for (const endMs = performance.now() + 10_000; performance.now() < endMs; ) {
    const { stats } = await service.figures();
    if (stats.queued + stats.spooled === 0) return;
    await setTimeout(100);
  }
}

type Damage = (bytes: Buffer, random: () => number) => Buffer;

const DAMAGES: readonly { readonly name: string; readonly make: Damage }[] = [
  { name: 'torn', make: (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)) },
  {
    name: 'flipped',
    make: (bytes, random) => {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < 5; i++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      return copy;
    },
  },
  {
    name: 'zero-filled',
    make: (bytes, random) => Buffer.from(bytes).fill(0, Math.floor(random() * bytes.length)),
  },
  { name: 'foreign', make: (bytes) => Buffer.from('not one of ours '.repeat(Math.ceil(bytes.length / 16))) },
];

/** FAULTS.md row 16, on real spools of real processes; that no byte of a segment can mislead is held in test/core. */
async function damagedSpool(extent: Extent): Promise<Outcome> {
  const problems: string[] = [];
  const figures: Record<string, number | string> = {};
  const random = seeded(extent.run);
  for (const { name, make } of DAMAGES) {
    const world = await World.open();
    try {
      await world.proxy.become('refuse');
      const options = { service: 'fault', spool: world.spool('ahead') };
      const service = await world.service({ run: name, rate: 4000, ending: 'stay', tellsEach: true, options });
      await setTimeout(500);
      service.kill('SIGKILL');
      const { ended } = await service.end;
      const files = filesBelow(world.spoolDirectory).filter((file) => statSync(file).size > 0);
      for (const file of files) writeFileSync(file, make(readFileSync(file), random));
      await world.proxy.become('pass');
      const openedMs = performance.now();
      const { numbers, foreign, tookMs } = await world.withSuccessor(async (successor) => {
        const tookMs = performance.now() - openedMs;
        await untilQuiet(world);
        problems.push(...booksProblem((await successor.figures()).stats).map((text) => `${name}: ${text}`));
        return { ...(await world.sink.arrived()), tookMs };
      });
      const found = [...(numbers.get(name) ?? [])];
      figures[name] = `${found.length} of ${ended} read`;
      problems.push(
        ...must(
          found.every((seq) => seq >= 1 && seq <= ended),
          `${name}: a span arrived that was never made`,
        ),
        ...must(foreign === 0, `${name}: ${foreign} spans without a number arrived`),
        ...must(files.length > 0, `${name}: there was nothing on the disk`),
        ...must(
          name === 'foreign' || name === 'torn' || found.length > ended / 2 || name === 'zero-filled',
          `${name}: too much was lost`,
        ),
        ...mustWhenMeasured(extent, tookMs <= 1500, `${name}: the next process was up after ${tookMs} ms`),
      );
    } finally {
      await world.close();
    }
  }
  return { figures, problems };
}

/** Waits until nothing more arrives. */
async function untilQuiet(world: World): Promise<void> {
  let before = -1;
  for (;;) {
    const { distinct } = await world.sink.arrived();
    if (distinct === before) return;
    before = distinct;
    await setTimeout(1500);
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((child) => {
    const path = join(folder, child.name);
    return child.isDirectory() ? filesBelow(path) : [path];
  });
}

/** mulberry32: the same damage in every run of that number. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** True where this machine lets us mount: a container without the right to must not fail for it, and says so. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CANNOT_MOUNT: Outcome = {
  figures: {},
  problems: [],
  skipped: 'this machine does not let us mount a file system',
};

export const diskScenarios: readonly Scenario[] = [
  ...DISK_FAULTS.map((fault) => ({
    row: 15,
    fault: `the spool's disk is ${fault.name}`,
    holds: 'the app goes on; lost = counted; spans made afterwards arrive within 5 s',
    run: async (extent: Extent) => (fault.isMounted && !canMount() ? CANNOT_MOUNT : failingDisk(fault, extent)),
  })),
  {
    row: 16,
    fault: 'the spool of a killed process is torn, flipped, zero-filled, foreign',
    holds: 'the next process starts as ever, sends what is whole, and never a span that was not made',
    run: (extent) => damagedSpool(extent),
  },
];
