import express from 'express';
import { expressApp } from './apps/express-app.ts';
import { expressRouteCases } from './server/express-routes.ts';
import { serverContract } from './server/suite.ts';

serverContract(
  'express5',
  (options) => expressApp(express, (handler) => handler, options),
  (bench) => expressRouteCases(bench, express),
);
