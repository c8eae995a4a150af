/** This package's version, as in package.json (a test holds them together): bundlers need it as code. */
export const version = '0.1.0';
