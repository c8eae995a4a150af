import { httpApp } from './http-app.ts';
import { serverContract } from './server.ts';

serverContract('http', httpApp);
