import { answerScenarios } from './answers.ts';
import { diskScenarios } from './disk.ts';
import { endingScenarios } from './endings.ts';
import { killScenarios } from './kills.ts';
import { loadScenarios } from './load.ts';
import { outageScenarios } from './outage.ts';
import { ownFaultScenarios } from './own-faults.ts';
import { ownerScenarios } from './owners.ts';
import type { Scenario } from './scenario.ts';

/** Every fault that is tried, in the order of the table's rows. */
export const scenarios: readonly Scenario[] = [
  ...outageScenarios,
  ...killScenarios,
  ...endingScenarios,
  ...answerScenarios,
  ...ownFaultScenarios,
  ...loadScenarios,
  ...diskScenarios,
  ...ownerScenarios,
].sort((a, b) => a.row - b.row);
