import type { AttributeValue } from '../core/record.ts';
import { decodeValue, MAX_VALUE_DEPTH } from './otlp-json-value.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

/** Taken by `decodeValue` for no `AnyValue`: the value is dropped and counted. */
const TOO_DEEP = 'nested too deep';

/**
 * One protobuf `AnyValue` as an attribute value, by the rules of {@link decodeValue}: lists and maps take
 * the way over the JSON form, so that both formats give the same. An empty one is `''`; `undefined` when
 * it is nested deeper than 64 levels.
 */
export function decodeAnyValue(reader: ProtobufReader): AttributeValue | undefined {
  let value: AttributeValue | undefined = '';
  // A oneof: of several the last one counts.
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.text();
        break;
      case 2:
        value = reader.bool();
        break;
      case 3:
        value = reader.int64();
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = decodeValue({ arrayValue: jsonOfList(reader.message(), 1) });
        break;
      case 6:
        value = decodeValue({ kvlistValue: jsonOfMap(reader.message(), 1) });
        break;
      case 7:
        value = reader.bytes().toString('base64');
        break;
      default:
        reader.skip();
    }
  }
  return value;
}

/** The same as the OTLP JSON form has it: `{ intValue: 1 }`. */
function jsonOfValue(reader: ProtobufReader, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) return TOO_DEEP;
  let json: Record<string, unknown> = {};
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        json = { stringValue: reader.text() };
        break;
      case 2:
        json = { boolValue: reader.bool() };
        break;
      case 3:
        json = { intValue: reader.int64() };
        break;
      case 4:
        json = { doubleValue: reader.double() };
        break;
      case 5:
        json = { arrayValue: jsonOfList(reader.message(), depth + 1) };
        break;
      case 6:
        json = { kvlistValue: jsonOfMap(reader.message(), depth + 1) };
        break;
      case 7:
        json = { bytesValue: reader.bytes().toString('base64') };
        break;
      default:
        reader.skip();
    }
  }
  return json;
}

/** ArrayValue: values = 1. */
function jsonOfList(reader: ProtobufReader, depth: number): unknown {
  const values: unknown[] = [];
  while (reader.next()) {
    if (reader.field === 1) values.push(jsonOfValue(reader.message(), depth));
    else reader.skip();
  }
  return { values };
}

/** KeyValueList: values = 1, each a KeyValue: key = 1, value = 2. */
function jsonOfMap(reader: ProtobufReader, depth: number): unknown {
  const values: unknown[] = [];
  while (reader.next()) {
    if (reader.field === 1) values.push(jsonOfKeyValue(reader.message(), depth));
    else reader.skip();
  }
  return { values };
}

function jsonOfKeyValue(reader: ProtobufReader, depth: number): unknown {
  let key = '';
  let value: unknown = {};
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = jsonOfValue(reader.message(), depth);
    else reader.skip();
  }
  return { key, value };
}
