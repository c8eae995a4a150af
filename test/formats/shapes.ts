/**
 * One trace, in every shape that people have it in: a shop that asks a stock. Written by hand after what each tool
 * writes, never by our own encoders.
 */
export const SHAPE_TRACE = '5b8efff798038103d269b633813fc60c';
const [SHOP, CALL, STOCK] = ['eee19b7ec3c1b174', 'eee19b7ec3c1b175', 'eee19b7ec3c1b176'] as const;
const START = 1_795_000_000_000;

const nanos = (ms: number): string => `${START + ms}000000`;
const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } });

interface Ids {
  readonly traceId: string;
  readonly spanIds: readonly [string, string, string];
}

const HEX: Ids = { traceId: SHAPE_TRACE, spanIds: [SHOP, CALL, STOCK] };
const BASE64: Ids = {
  traceId: Buffer.from(SHAPE_TRACE, 'hex').toString('base64'),
  spanIds: [SHOP, CALL, STOCK].map((id) => Buffer.from(id, 'hex').toString('base64')) as [string, string, string],
};

function otlpSpans({ traceId, spanIds }: Ids): [shop: object[], stock: object[]] {
  const [shop, call, stock] = spanIds;
  const [server, client] = [
    { kind: 2, name: 'GET /cart', status: {} },
    { kind: 3, name: 'GET', status: {} },
  ];
  return [
    [
      {
        traceId,
        spanId: shop,
        ...server,
        startTimeUnixNano: nanos(0),
        endTimeUnixNano: nanos(100),
        attributes: [attribute('http.route', '/cart')],
      },
      {
        traceId,
        spanId: call,
        parentSpanId: shop,
        ...client,
        startTimeUnixNano: nanos(10),
        endTimeUnixNano: nanos(60),
      },
    ],
    [
      {
        traceId,
        spanId: stock,
        parentSpanId: call,
        ...server,
        name: 'GET /stock',
        startTimeUnixNano: nanos(20),
        endTimeUnixNano: nanos(50),
        status: { code: 2 },
      },
    ],
  ];
}

const resource = (service: string): object => ({ attributes: [attribute('service.name', service)] });

function groups(ids: Ids): object[] {
  const [shop, stock] = otlpSpans(ids);
  return [
    { resource: resource('shop'), scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans: shop }] },
    { resource: resource('stock'), scopeSpans: [{ scope: { name: 'lib' }, spans: stock }] },
  ];
}

function oldGroups(): object[] {
  const [shop, stock] = otlpSpans(HEX);
  const library = { name: 'lib', version: '1' };
  return [
    {
      resource: resource('shop'),
      instrumentationLibrarySpans: [{ instrumentationLibrary: library, spans: shop }],
    },
    { resource: resource('stock'), instrumentationLibrarySpans: [{ instrumentationLibrary: library, spans: stock }] },
  ];
}

function snakeGroups(): unknown {
  const text = JSON.stringify({ resourceSpans: groups(HEX) });
  return JSON.parse(
    text.replace(
      /"([a-z]+[A-Z][A-Za-z]*)":/g,
      (_, key: string) => `"${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
    ),
  );
}

const tag = (key: string, value: string | boolean): object => ({
  key,
  type: typeof value === 'boolean' ? 'bool' : 'string',
  value,
});
const childOf = (spanID: string): object[] => [{ refType: 'CHILD_OF', traceID: SHAPE_TRACE, spanID }];

function jaegerSpans(): object[] {
  const span = (spanID: string, at: number, took: number, rest: object): object => ({
    traceID: SHAPE_TRACE,
    spanID,
    startTime: (START + at) * 1000,
    duration: took * 1000,
    logs: [],
    ...rest,
  });
  return [
    span(SHOP, 0, 100, {
      operationName: 'GET /cart',
      references: [],
      tags: [tag('span.kind', 'server')],
      processID: 'p1',
    }),
    span(CALL, 10, 50, {
      operationName: 'GET',
      references: childOf(SHOP),
      tags: [tag('span.kind', 'client')],
      processID: 'p1',
    }),
    span(STOCK, 20, 30, {
      operationName: 'GET /stock',
      references: childOf(CALL),
      tags: [tag('span.kind', 'server'), tag('error', true)],
      processID: 'p2',
    }),
  ];
}

const jaegerTrace = (): object => ({
  traceID: SHAPE_TRACE,
  spans: jaegerSpans(),
  processes: { p1: { serviceName: 'shop', tags: [] }, p2: { serviceName: 'stock', tags: [] } },
  warnings: null,
});

function zipkinSpans(): object[] {
  const span = (id: string, at: number, took: number, serviceName: string, rest: object): object => ({
    traceId: SHAPE_TRACE,
    id,
    timestamp: (START + at) * 1000,
    duration: took * 1000,
    localEndpoint: { serviceName },
    ...rest,
  });
  return [
    span(SHOP, 0, 100, 'shop', { name: 'GET /cart', kind: 'SERVER' }),
    span(CALL, 10, 50, 'shop', { name: 'GET', kind: 'CLIENT', parentId: SHOP }),
    span(STOCK, 20, 30, 'stock', { name: 'GET /stock', kind: 'SERVER', parentId: CALL, tags: { error: '500' } }),
  ];
}

function zipkinV1Spans(): object[] {
  const span = (id: string, name: string, at: number, took: number, service: string, rest: object): object => ({
    traceId: SHAPE_TRACE,
    id,
    name,
    timestamp: (START + at) * 1000,
    duration: took * 1000,
    binaryAnnotations: [],
    ...at_(at, took, service, rest),
  });
  return [
    span(SHOP, 'GET /cart', 0, 100, 'shop', { half: 's' }),
    span(CALL, 'GET', 10, 50, 'shop', { half: 'c', parentId: SHOP }),
    span(STOCK, 'GET /stock', 20, 30, 'stock', {
      half: 's',
      parentId: CALL,
      binaryAnnotations: [{ key: 'error', value: '500', endpoint: { serviceName: 'stock' } }],
    }),
  ];
}

function at_(at: number, took: number, serviceName: string, { half, ...rest }: { half?: string }): object {
  const endpoint = { serviceName, ipv4: '10.0.0.1' };
  const [begin, end] = half === 's' ? ['sr', 'ss'] : ['cs', 'cr'];
  const annotations = [
    { timestamp: (START + at) * 1000, value: begin, endpoint },
    { timestamp: (START + at + took) * 1000, value: end, endpoint },
  ];
  return { annotations, ...rest };
}

const line = (value: unknown): string => JSON.stringify(value);
const indented = (value: unknown): string => JSON.stringify(value, null, 2);

/** Every shape, by what wrote it. */
export const SHAPES: Readonly<Record<string, string>> = {
  'an OTLP document in one line': line({ resourceSpans: groups(HEX) }),
  'an OTLP document, indented': indented({ resourceSpans: groups(HEX) }),
  'OTLP lines, as the Collector writes them': groups(HEX)
    .map((group) => `${line({ resourceSpans: [group] })}\n`)
    .join(''),
  'OTLP documents, each indented, one after another': groups(HEX)
    .map((group) => `${indented({ resourceSpans: [group] })}\n`)
    .join(''),
  'a list of OTLP documents': line(groups(HEX).map((group) => ({ resourceSpans: [group] }))),
  'a list of OTLP documents, a line each': `[\n${groups(HEX)
    .map((group) => line({ resourceSpans: [group] }))
    .join(',\n')}\n]\n`,
  'a list of resource spans, indented': indented(groups(HEX)),
  'resource spans, a line each': groups(HEX).map(line).join('\n'),
  'OTLP with the scope names of old': indented({ resourceSpans: oldGroups() }),
  'OTLP with protobuf’s own names': line(snakeGroups()),
  'OTLP with a byte order mark and Windows lines': `\ufeff${indented({ resourceSpans: groups(HEX) }).replaceAll('\n', '\r\n')}`,
  'OTLP with ids in base64': line({ resourceSpans: groups(BASE64) }),
  'Tempo’s v1 answer': line({ batches: groups(BASE64) }),
  'Tempo’s v1 answer with the scope names of old': line({ batches: oldGroups() }),
  'Tempo’s v2 answer': indented({ trace: { resourceSpans: groups(BASE64) }, metrics: {} }),
  'Jaeger’s v3 answer': line({ result: { resourceSpans: groups(HEX) } }),
  'Jaeger’s v3 answer, in parts': groups(HEX)
    .map((group) => line({ result: { resourceSpans: [group] } }))
    .join('\n'),
  'what names its message': line({ tracesData: { resourceSpans: groups(HEX) } }),
  'Jaeger’s download': indented({ data: [jaegerTrace()], total: 0, limit: 0, offset: 0, errors: null }),
  'one trace of Jaeger’s': line(jaegerTrace()),
  'a list of Jaeger’s traces': indented([jaegerTrace()]),
  'Zipkin’s v2 list': line(zipkinSpans()),
  'Zipkin’s v2 list, indented': indented(zipkinSpans()),
  'Zipkin’s v2 lists, a trace each': line([zipkinSpans()]),
  'Zipkin’s v2 spans, a line each': zipkinSpans().map(line).join('\n'),
  'Zipkin’s v1 list': line(zipkinV1Spans()),
  'Zipkin’s v1 list, indented': indented(zipkinV1Spans()),
};
