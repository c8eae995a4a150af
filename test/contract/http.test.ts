import { httpApp } from './apps/http-app.ts';
import { serverContract } from './server/suite.ts';

serverContract('http', httpApp);
