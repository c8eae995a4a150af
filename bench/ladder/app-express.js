import { createRequire } from 'node:module';
import { document, fiveSteps, readJson } from './content.js';

// By require, so that a peer which patches modules as they are loaded gets to see them.
const require = createRequire(import.meta.url);

/** The Express app of every rung. `door.middleware` is absent where nothing is to be added by hand. */
export function createExpressServer(door, upstreamUrl) {
  const http = require('node:http');
  const express = require('express');
  const axios = require('axios');
  const app = express();
  if (door.middleware) app.use(door.middleware());
  const api = door.client(axios.create());
  const callByFetch = door.fetch?.() ?? fetch;
  const callByHttp = door.http?.(http) ?? http;

  app.get('/hello', (_req, res) => {
    res.type('text').send('hello');
  });
  for (const step of fiveSteps) {
    app.use('/json', (req, res, next) => {
      step(req, (name, value) => res.setHeader(name, value));
      next();
    });
  }
  app.get('/json/:id', (req, res) => {
    res.json(document(req.params.id));
  });
  app.get('/call', async (_req, res) => {
    const { data } = await api.get(upstreamUrl);
    res.json(data);
  });
  app.get('/call-fetch', async (_req, res) => {
    res.json(await (await callByFetch(upstreamUrl)).json());
  });
  app.get('/call-http', async (_req, res) => {
    res.json(await readJson(callByHttp, upstreamUrl));
  });
  return http.createServer(app);
}
