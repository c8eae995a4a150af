import express from 'express4';
import { expressApp } from './apps/express-app.ts';
import { expressRouteCases } from './server/express-routes.ts';
import { serverContract } from './server/suite.ts';

serverContract(
  'express4',
  (options) => expressApp(express, (handler) => (req, res, next) => void handler(req, res).catch(next), options),
  (bench) => expressRouteCases(bench, express),
);
