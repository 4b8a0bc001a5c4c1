/**
 * Reads the JSON reports of Vitest and Playwright into one kind of count. A report that is missing, unreadable or at odds with
 * the exit code is a failure: a crash must never look like success.
 */

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped name of each skipped test, with its reason where one was given
 * @property {string[]} failures one line per failure
 */

/**
 * Counts one tool that only says good or bad by its exit code.
 * @param {string} name
 * @param {number | undefined} code
 * @returns {Outcome}
 */
export function checkOutcome(name, code) {
  if (code === 0) return { passed: 1, failed: 0, skipped: [], failures: [] };
  return { passed: 0, failed: 1, skipped: [], failures: [`${name}: ${endedBy(code)}`] };
}

/**
 * Counts a Vitest run. A file that failed to load counts as one failure; so does a run that failed without a failed test.
 * @param {string} name
 * @param {string | undefined} text the JSON report, undefined when there is none
 * @param {number | undefined} code
 * @returns {Outcome}
 */
export function vitestOutcome(name, text, code) {
  /** @type {{ testResults?: { name: string, status: string, message?: string, assertionResults: VitestTest[] }[] } | undefined} */
  const report = parse(text);
  if (!report?.testResults) return checkOutcome(`${name} (no report)`, code === 0 ? undefined : code);
  const outcome = emptyOutcome();
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      const title = `${name}: ${test.fullName}`;
      if (test.status === 'passed') outcome.passed++;
      else if (test.status === 'failed') addFailure(outcome, title);
      else outcome.skipped.push(withReason(title, test.meta?.skipReason));
    }
    const hasFailed = file.assertionResults.some((test) => test.status === 'failed');
    if (file.status === 'failed' && !hasFailed) addFailure(outcome, `${name}: ${file.name}: ${firstLine(file.message)}`);
  }
  return agreeWithExit(outcome, name, code);
}

/** @typedef {{ fullName: string, status: string, meta?: { skipReason?: string } }} VitestTest */

/**
 * Counts a Playwright run. A flaky test counts as failed: it failed once.
 * @param {string} name
 * @param {string | undefined} text the JSON report, undefined when there is none
 * @param {number | undefined} code
 * @returns {Outcome}
 */
export function playwrightOutcome(name, text, code) {
  /** @type {{ suites?: PlaywrightSuite[], errors?: { message?: string }[] } | undefined} */
  const report = parse(text);
  if (!report?.suites) return checkOutcome(`${name} (no report)`, code === 0 ? undefined : code);
  const outcome = emptyOutcome();
  for (const suite of report.suites) addSuite(outcome, name, suite);
  for (const error of report.errors ?? []) addFailure(outcome, `${name}: ${firstLine(error.message)}`);
  return agreeWithExit(outcome, name, code);
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {string} title
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, tests: { status: string, annotations?: { type: string, description?: string }[] }[] }[]} [specs]
 */

/**
 * @param {Outcome} outcome
 * @param {string} name
 * @param {PlaywrightSuite} suite
 */
function addSuite(outcome, name, suite) {
  for (const spec of suite.specs ?? []) {
    for (const test of spec.tests) {
      const title = `${name}: ${suite.title}: ${spec.title}`;
      const reason = test.annotations?.find(
        (annotation) => annotation.type === 'skip' || annotation.type === 'fixme',
      )?.description;
      if (test.status === 'expected') outcome.passed++;
      else if (test.status === 'skipped') outcome.skipped.push(withReason(title, reason));
      else addFailure(outcome, test.status === 'flaky' ? `${title} (flaky)` : title);
    }
  }
  for (const inner of suite.suites ?? []) addSuite(outcome, name, inner);
}

/**
 * @param {Outcome} outcome
 * @param {string} name
 * @param {number | undefined} code
 */
function agreeWithExit(outcome, name, code) {
  if (outcome.passed + outcome.failed === 0) addFailure(outcome, `${name}: no test ran`);
  else if (code !== 0 && outcome.failed === 0) addFailure(outcome, `${name}: ${endedBy(code)} although no test failed`);
  return outcome;
}

/** @returns {Outcome} */
function emptyOutcome() {
  return { passed: 0, failed: 0, skipped: [], failures: [] };
}

/**
 * @param {Outcome} outcome
 * @param {string} line
 */
function addFailure(outcome, line) {
  outcome.failed++;
  outcome.failures.push(line);
}

/** @param {number | undefined} code */
function endedBy(code) {
  return code === undefined ? 'was killed or left no result' : `exit code ${code}`;
}

/**
 * @param {string} title
 * @param {string | undefined} reason
 */
function withReason(title, reason) {
  return reason ? `${title} (${reason})` : title;
}

/** @param {string | undefined} text */
function firstLine(text) {
  return (text ?? 'no message').trim().split('\n', 1)[0] ?? '';
}

/** @param {string | undefined} text */
function parse(text) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A report cut short by a crash counts as no report.
  }
}
