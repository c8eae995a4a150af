import express from 'express';
import { expressApp } from './express-app.ts';
import { expressRouteCases } from './express-routes.ts';
import { serverContract } from './server.ts';

serverContract(
  'express5',
  (options) => expressApp(express, (handler) => handler, options),
  (bench) => expressRouteCases(bench, express),
);
