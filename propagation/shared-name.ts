/**
 * The name under which all copies of the package in a process find what is one for all of them: it carries the
 * major version, within which they work together, whatever their format and their exact version.
 */
export const SHARED_NAME = 'throughline@0';
