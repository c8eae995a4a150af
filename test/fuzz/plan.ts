/** A part of a run: cases of one property, from a seed of their own, so that any worker may do it. */
export interface Chunk {
  readonly property: string;
  readonly seed: number;
  readonly cases: number;
}

/** A worker's word on a chunk: `failure` is fast-check's report of the smallest case that breaks the property. */
export interface ChunkResult extends Chunk {
  readonly failure: string | undefined;
}

/** The cases of a chunk: enough to outweigh the hand-over, few enough for the progress to move. */
const CHUNK = 1000;

/**
 * Divides `cases` among the properties by their shares, in chunks that take turns over the properties.
 * The n-th chunk of a property has the seed `seed + n`: what fails there fails again as the first chunk
 * of a run with that seed, whatever else runs and however many workers there are.
 */
export function planChunks(
  properties: readonly { readonly name: string; readonly share: number }[],
  { cases, seed }: { readonly cases: number; readonly seed: number },
): Chunk[] {
  const shares = properties.reduce((sum, { share }) => sum + share, 0);
  const parts = properties.map(({ name, share }) => chunksOf(name, Math.ceil((cases * share) / shares), seed));
  const longest = Math.max(0, ...parts.map((part) => part.length));
  return Array.from({ length: longest }, (_, turn) => parts.flatMap((part) => part[turn] ?? [])).flat();
}

function chunksOf(property: string, cases: number, seed: number): Chunk[] {
  return Array.from({ length: Math.ceil(cases / CHUNK) }, (_, turn) => ({
    property,
    seed: seed + turn,
    cases: Math.min(CHUNK, cases - turn * CHUNK),
  }));
}
