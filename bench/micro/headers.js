/** Headers that arrive with a request in the middle of a trace: alone, and with everything that may come along. */
export const traceparentOnly = {
  host: 'shop.internal:8080',
  accept: 'application/json',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03',
};

export const withStateAndBaggage = {
  ...traceparentOnly,
  tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
  baggage: 'user.id=alice,region=eu-west-1,tier=gold',
};
