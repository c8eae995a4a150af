/**
 * An id for the server's half of a span that it shares with its client, the same for every reader: 64
 * bits mixed from the id's two halves (FNV-1a over its digits with two offsets).
 */
export function derivedId(spanId: string): string {
  const id = mix(spanId, 0x811c9dc5) + mix(spanId, 0x01000193);
  return /^0+$/.test(id) ? `${id.slice(0, -1)}1` : id;
}

function mix(text: string, offset: number): string {
  let hash = offset;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
