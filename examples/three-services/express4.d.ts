/** Express 4, installed beside Express 5 as `express4@npm:express@4`: an alias brings no types along. */
declare module 'express4' {
  import express = require('express');
  export = express;
}
