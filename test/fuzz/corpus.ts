/** One way to be hostile: a text of any length asked for. */
export interface HostileText {
  /** The name of it, for a message: `a valid value, then tabs`. */
  readonly name: string;
  /** Exactly `length` characters. */
  text(length: number): string;
}

/** From nothing to a megabyte, and each side of the limits that formats have. */
export const SIZES: readonly number[] = [
  0, 1, 16, 54, 55, 56, 256, 512, 513, 4096, 8192, 8193, 16_384, 65_536, 1_048_576,
];

/** Every class of bytes that Node's HTTP parser lets through in a field's value, and those that only other carriers hold. */
export const BYTE_CLASSES: Readonly<Record<string, string>> = {
  digits: '0',
  nines: '9',
  'lower-case hex': 'f',
  'upper-case hex': 'F',
  letters: 'z',
  spaces: ' ',
  tabs: '\t',
  commas: ',',
  semicolons: ';',
  colons: ':',
  dashes: '-',
  slashes: '/',
  'equals signs': '=',
  'percent signs': '%',
  quotes: '"',
  backslashes: '\\',
  'first obs-text': '\u0080',
  'last obs-text': '\u00ff',
  'bytes of UTF-8': '\u00c3\u00a9',
  'delete characters': '\u007f',
  nulls: '\u0000',
  'line ends': '\r\n',
  'lone high surrogates': '\ud800',
  'lone low surrogates': '\udc00',
  'full-width digits': '\uff11',
  emoji: '😀',
};

/** The text that a header is stuffed with by someone who knows the formats. */
const REPEATED: Readonly<Record<string, string>> = {
  'one member again and again': 'a=1,',
  'members with blanks': ' a = 1 , ',
  'blank members': ' ,\t',
  'keys without values': 'a,',
  'values without keys': '=1,',
  properties: ';p',
  'properties with values': ';p=1',
  'properties without end': 'a=1;p=1;p=1;p=1;p=1',
  'escapes cut short': '%4',
  'escapes of no UTF-8': '%FF',
  'escaped escapes': '%25',
  'escaped colons': '%3A',
  prototypes: '__proto__=1,',
  constructors: 'constructor=1,',
  'spaces before tabs': ' \t',
  'equals and spaces': '= ',
  'ids of a trace': '4bf92f3577b34da6a3ce929d0e0e4736-',
  'fields of X-Ray': 'Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;',
  'unknown fields': 'a=b;',
  'tags of Datadog': '_dd.p.a=b,',
  'parts of a UUID': '4bf9-',
  // As much as may be sent on of each list, so that nothing of it is passed over unread.
  'members of the longest tracestate': `${'k'.repeat(256)}=${'v'.repeat(256)},`,
  'members as long as baggage may be, of properties': `a=1${';p=1'.repeat(1021)},`,
  'the same with blanks': `a = 1${' ; p = 1'.repeat(510)} ,`,
};

/**
 * The hostile texts for a field: byte classes and pieces repeated, alone and around each valid value,
 * the valid value given over and over, many members with a name each, members of one great name or value.
 */
export function hostileTexts(validValues: readonly string[]): HostileText[] {
  const repeated = Object.entries({ ...BYTE_CLASSES, ...REPEATED });
  return [
    ...repeated.map(([name, unit]) => ({ name, text: (length: number) => fill(unit, length) })),
    ...validValues.flatMap((valid) => aroundValid(valid, repeated)),
    { name: 'as many members as fit, each with a name of its own', text: manyMembers },
    {
      name: 'as many members as baggage may have, as long as they may be',
      text: (length) => longMembers(64, 127, length),
    },
    {
      name: 'as many members as tracestate may have, as long as they may be',
      text: (length) => longMembers(32, 511, length),
    },
    { name: 'many members, and a broken one at the end', text: (length) => endWith(manyMembers(length), ',"') },
    { name: 'one great name', text: (length) => endWith(fill('k', length), '=1') },
    { name: 'one great value', text: (length) => startWith(fill('v', length), 'a=') },
    { name: 'one great value, all escaped', text: (length) => startWith(fill('%C3%A9', length), 'a=') },
    { name: 'members that grow', text: growingMembers },
  ];
}

function aroundValid(valid: string, repeated: readonly (readonly [string, string])[]): HostileText[] {
  const begin = valid.slice(0, 24);
  return [
    { name: `${begin}… over and over`, text: (length) => fill(valid, length) },
    { name: `${begin}… joined by commas`, text: (length) => fill(`${valid}, `, length) },
    ...repeated.flatMap(([name, unit]) => [
      { name: `${begin}…, then ${name}`, text: (length: number) => startWith(fill(unit, length), valid) },
      { name: `${name}, then ${begin}…`, text: (length: number) => endWith(fill(unit, length), valid) },
    ]),
  ];
}

const filled = new Map<string, string>();

/** Kept, some 200 MB of them at the end: the same megabyte again for each valid value took most of the corpus's time. */
function fill(unit: string, length: number): string {
  const key = `${length} ${unit}`;
  const text = filled.get(key) ?? unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  filled.set(key, text);
  return text;
}

function startWith(text: string, start: string): string {
  return start.slice(0, text.length) + text.slice(0, Math.max(0, text.length - start.length));
}

function endWith(text: string, end: string): string {
  return text.length <= end.length ? end.slice(0, text.length) : text.slice(0, text.length - end.length) + end;
}

function manyMembers(length: number): string {
  let text = '';
  for (let index = 0; text.length < length; index += 1) text += `k${index}=v${index},`;
  return text.slice(0, length);
}

/** `count` members of `size` characters with a name each, from the start again after them. */
function longMembers(count: number, size: number, length: number): string {
  const members = Array.from({ length: count }, (_, index) => {
    return `k${index}=`.padStart(size >> 1, 'k').padEnd(size, 'v');
  });
  return fill(`${members.join(',')},`, length);
}

function growingMembers(length: number): string {
  let text = '';
  for (let size = 1; text.length < length; size += 1) text += `k${size}=${'v'.repeat(size)},`;
  return text.slice(0, length);
}
