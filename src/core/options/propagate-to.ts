import { compilePropagateTo, type DestinationRule } from '../../../propagation/destination.ts';
import { type Reader, wrongItem, wrongOption } from './options.ts';

/** The option `propagateTo`, of `start()` and of each client. */
export const propagateToReader: Reader<DestinationRule> = (given, at) =>
  compilePropagateTo(given, ({ expected, came, hint, isItem }) =>
    (isItem ? wrongItem : wrongOption)(at, expected, came, hint),
  );
