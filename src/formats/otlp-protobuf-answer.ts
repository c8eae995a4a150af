import { ProtobufError, ProtobufReader } from './protobuf-reader.ts';
import { ProtobufWriter, VARINT } from './protobuf-writer.ts';

/** The part of an `ExportTraceServiceResponse` about spans that were not taken. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly errorMessage: string;
}

/** Reads an `ExportTraceServiceResponse` (partial_success = 1). `undefined` when the bytes are none. */
export function decodeTraceResponse(bytes: Uint8Array): PartialSuccess | undefined {
  return guarded(() => {
    let partial: PartialSuccess = { rejectedSpans: 0, errorMessage: '' };
    const reader = new ProtobufReader(bytes);
    while (reader.next()) {
      if (reader.field === 1) partial = decodePartialSuccess(reader.message());
      else reader.skip();
    }
    return partial;
  });
}

/** ExportTracePartialSuccess: rejected_spans = 1, error_message = 2. */
function decodePartialSuccess(reader: ProtobufReader): PartialSuccess {
  let rejectedSpans = 0;
  let errorMessage = '';
  while (reader.next()) {
    if (reader.field === 1) rejectedSpans = Math.max(0, Number(reader.int64()));
    else if (reader.field === 2) errorMessage = reader.text();
    else reader.skip();
  }
  return { rejectedSpans, errorMessage };
}

/** The message of a `google.rpc.Status` (code = 1, message = 2), the body of a failure. `undefined` when the bytes are none. */
export function decodeStatusMessage(bytes: Uint8Array): string | undefined {
  return guarded(() => {
    let message = '';
    const reader = new ProtobufReader(bytes);
    while (reader.next()) {
      if (reader.field === 2) message = reader.text();
      else reader.skip();
    }
    return message;
  });
}

/**
 * The `retry_delay` of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status` (details = 3, each an `Any`:
 * type_url = 1, value = 2), in milliseconds. `undefined` when it says none.
 */
export function decodeRetryDelayMs(status: Uint8Array): number | undefined {
  return guarded(() => {
    let delayMs: number | undefined;
    const reader = new ProtobufReader(status);
    while (reader.next()) {
      if (reader.field === 3) delayMs ??= retryDelayOf(reader.message());
      else reader.skip();
    }
    return delayMs;
  });
}

function retryDelayOf(detail: ProtobufReader): number | undefined {
  let type = '';
  let delayMs: number | undefined;
  while (detail.next()) {
    if (detail.field === 1) type = detail.text();
    else if (detail.field === 2) delayMs = guarded(() => retryInfoMs(detail.message()));
    else detail.skip();
  }
  return type.endsWith('/google.rpc.RetryInfo') ? delayMs : undefined;
}

/** RetryInfo: retry_delay = 1, a Duration: seconds = 1, nanos = 2. */
function retryInfoMs(info: ProtobufReader): number {
  let delayMs = 0;
  while (info.next()) {
    if (info.field === 1) delayMs = durationMs(info.message());
    else info.skip();
  }
  return delayMs;
}

function durationMs(duration: ProtobufReader): number {
  let ms = 0;
  while (duration.next()) {
    if (duration.field === 1) ms += Number(duration.int64()) * 1000;
    else if (duration.field === 2) ms += Number(duration.int64()) / 1e6;
    else duration.skip();
  }
  return Math.max(0, ms);
}

/** An `ExportTraceServiceResponse`: no bytes at all when nothing was rejected. */
export function encodeTraceResponse(rejectedSpans: number, errorMessage: string): Uint8Array {
  const writer = new ProtobufWriter();
  if (rejectedSpans > 0 || errorMessage !== '') {
    writeMessage(writer, errorMessage);
    writeNumber(writer, rejectedSpans);
    writer.lengthSince(0, 1);
  }
  return writer.copySince(0);
}

/** A `google.rpc.Status`. */
export function encodeStatus(code: number, message: string): Uint8Array {
  const writer = new ProtobufWriter();
  writeMessage(writer, message);
  writeNumber(writer, code);
  return writer.copySince(0);
}

/** Both messages have their number in field 1, their text in field 2. Last to first, as the writer goes. */
function writeMessage(writer: ProtobufWriter, text: string): void {
  if (text === '') return;
  writer.text(text);
  writer.lengthSince(0, 2);
}

function writeNumber(writer: ProtobufWriter, value: number): void {
  if (value <= 0) return;
  writer.varint(value);
  writer.tag(1, VARINT);
}

function guarded<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtobufError) return undefined;
    throw error;
  }
}
