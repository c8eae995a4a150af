/** Slots of a Redis Cluster (Cluster specification, "Key distribution model"). */
export const SLOTS = 16_384;

/** CRC16/XMODEM, a byte at a time. */
const CRC16 = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  CRC16[byte] = crc;
}

/** The slot of a key: of what stands between its first `{` and the next `}`, when that is not empty. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed, 'utf8')) crc = (crc << 8) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] as number);
  return (crc & 0xffff) % SLOTS;
}
