/** The version in package.json; a test keeps the two equal, so that bundles need not read a file. */
export const VERSION = '0.1.0';
