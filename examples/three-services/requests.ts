// What the launcher asks of the shop, and the trace that each request must become.

export interface ExampleRequest {
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number;
  /** As `outlineOf` writes it: every span in its place, in order of start. */
  readonly trace: string;
}

export const requests: readonly ExampleRequest[] = [
  {
    title: 'the order page: price and shelves side by side, one of them slow',
    method: 'GET',
    path: '/order/lamp',
    status: 200,
    trace: `
shop GET /order/:item 200
  shop → GET 200
    pricing GET /prices/:item 200
      pricing → GET 200
        stock GET /stock/:item 200
      pricing → GET 200
        stock GET /deliveries/:item 200
  shop → GET 200, beside the one before
    stock GET /stock/:item 200
  shop → GET 200, beside the one before
    stock GET /stock/:item 200
  shop → GET 200, beside the one before
    stock GET /stock/:item 200
  shop → GET 200, beside the one before
    stock GET /stock/:item 200`,
  },
  {
    title: 'an order: the price, then a reservation that works on the fourth attempt',
    method: 'POST',
    path: '/order/chair',
    status: 201,
    trace: `
shop POST /order/:item 201
  shop → GET 200
    pricing GET /prices/:item 200
      pricing → GET 200
        stock GET /stock/:item 200
      pricing → GET 200
        stock GET /deliveries/:item 200
  shop → PUT 503, failed
    stock PUT /reservations/:order 503, failed
  shop → PUT 503, failed, resend 1
    stock PUT /reservations/:order 503, failed
  shop → PUT 503, failed, resend 2
    stock PUT /reservations/:order 503, failed
  shop → PUT 200, resend 3
    stock PUT /reservations/:order 200`,
  },
  {
    title: 'an order of what nobody has: stock fails, and so do all who asked it',
    method: 'POST',
    path: '/order/ghost',
    status: 502,
    trace: `
shop POST /order/:item 502, failed
  shop → GET 502, failed
    pricing GET /prices/:item 502, failed
      pricing → GET 500, failed
        stock GET /stock/:item 500, failed`,
  },
];
