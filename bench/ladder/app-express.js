import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { document, fiveSteps } from './content.js';

// By require, so that a peer which patches modules as they are loaded gets to see them.
const require = createRequire(import.meta.url);

/** The Express app of every rung. `door.middleware` is absent where nothing is to be added by hand. */
export function createExpressServer(door, upstreamUrl) {
  const express = require('express');
  const axios = require('axios');
  const app = express();
  if (door.middleware) app.use(door.middleware());
  const api = door.client(axios.create());

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
  return createServer(app);
}
