import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Baggage } from '../../propagation/baggage.ts';
import { TraceState } from '../../propagation/tracestate.ts';
import type { FuzzProperty } from './fuzz-property.ts';
import { hostileText } from './hostile-fields.ts';
import { assertValid } from './wire.ts';
import { type WireFormat, wireFormats } from './wire-formats.ts';

/** The two lists of W3C, as an app changes them: any text, any order of steps. */
export function listProperties(): FuzzProperty[] {
  const { tracecontext, baggage } = wireFormats as Record<'tracecontext' | 'baggage', WireFormat>;
  const stateText = hostileText(tracecontext);
  const bagText = hostileText(baggage);
  const wellFormed = fc.string({ unit: 'grapheme', maxLength: 40 });
  const token = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"), minLength: 1, maxLength: 8 });

  return [
    {
      name: 'TraceState: parses anything, and gives back what it parsed for good',
      share: 4,
      property: fc.property(stateText, (header) => {
        const text = TraceState.parse(header)?.serialize();
        if (text === undefined) return;
        assertValid({ tracestate: text }, tracecontext);
        assert.equal(TraceState.parse(text)?.serialize(), text);
      }),
    },
    {
      name: 'TraceState: stays valid through any set and unset',
      share: 3,
      property: fc.property(fc.array(stepOf(KEYS, stateText), { maxLength: 40 }), (steps) => {
        let state = TraceState.empty;
        for (const [key, value] of steps) state = value === undefined ? state.unset(key) : state.set(key, value);
        const text = state.serialize();
        if (text !== '') assertValid({ tracestate: text }, tracecontext);
        assert.equal(TraceState.parse(text)?.serialize() ?? '', text);
        const [key, value] = steps.at(-1) ?? [];
        if (key !== undefined && value === undefined) assert.equal(state.get(key), undefined);
      }),
    },
    {
      name: 'Baggage: parses anything, and gives back what it parsed for good',
      share: 4,
      property: fc.property(bagText, (header) => {
        const parsed = Baggage.parse(header);
        const text = parsed?.serialize();
        if (text === undefined) return;
        assertValid({ baggage: text }, baggage);
        assert.equal(Baggage.parse(text)?.serialize(), text);
        for (const [key, { value }] of parsed?.getAllEntries() ?? []) {
          assert.equal(Baggage.empty.set(key, value).get(key), value);
        }
      }),
    },
    {
      name: 'Baggage: stays valid through any set and remove',
      share: 3,
      property: fc.property(fc.array(fc.tuple(stepOf(KEYS, bagText), bagText), { maxLength: 80 }), (steps) => {
        let bag = Baggage.empty;
        for (const [[key, value], metadata] of steps) {
          bag = value === undefined ? bag.removeEntry(key) : bag.setEntry(key, { value, metadata });
        }
        const text = bag.serialize();
        if (text !== '') assertValid({ baggage: text }, baggage);
        assert.equal(Baggage.parse(text)?.serialize() ?? '', text);
      }),
    },
    {
      name: 'Baggage: brings any text to the other side as it was',
      share: 3,
      property: fc.property(fc.dictionary(token, wellFormed, { maxKeys: 12 }), (values) => {
        const entries = Object.entries(values);
        const sent = entries.reduce((bag, [key, value]) => bag.set(key, value), Baggage.empty);
        const received = Baggage.parse(sent.serialize()) ?? Baggage.empty;
        assert.equal(received.size, entries.length);
        for (const [key, value] of entries) assert.equal(received.get(key), value);
      }),
    },
  ];
}

const KEYS = [
  'a',
  'b',
  '0',
  'a@b',
  '__proto__',
  'constructor',
  'k-1',
  'Upper',
  'x'.repeat(256),
  'x'.repeat(257),
  '',
  'é',
  '\r\n',
];

/** Set a key to some text, or take it away. */
function stepOf(keys: readonly string[], text: fc.Arbitrary<string>): fc.Arbitrary<[string, string | undefined]> {
  const key = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: text });
  return fc.tuple(key, fc.option(text, { nil: undefined, freq: 5 }));
}
