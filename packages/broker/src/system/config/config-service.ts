/** CONFIG, CONFIG.CHECK and CONFIG.APPLY: the running configuration, what a change would do, and the change itself. */
import type { ConfigReport, RunningConfig } from '@sluice/protocol';
import { makeAuthenticator } from '../../auth/make-authenticator.ts';
import { answer, type Result } from '../../monitor/result.ts';
import type { ResolvedOptions } from '../../options.ts';
import { authenticatorParts, type Server } from '../../server.ts';
import { subscribeJsonService } from '../json-service.ts';
import type { Speaker } from '../speaker.ts';
import { ChangeReader } from './change-request.ts';
import { ConfigState } from './config-state.ts';
import { findDropped } from './dropped.ts';
import { type ChangePlan, planChange } from './plan-change.ts';
import { buildRunningConfig } from './running-config.ts';

export class ConfigService {
  private readonly server: Server;
  private readonly speaker: Speaker;
  private readonly reload: (options: ResolvedOptions) => void;
  private readonly state: ConfigState;

  /** `reload` takes options into force, or throws and changes nothing. */
  constructor(server: Server, speaker: Speaker, reload: (options: ResolvedOptions) => void) {
    this.server = server;
    this.speaker = speaker;
    this.reload = reload;
    this.state = new ConfigState(server.options);
  }

  subscribe(): (() => void)[] {
    const { server, speaker } = this;
    return [
      subscribeJsonService(server, speaker, { name: 'CONFIG', handle: () => this.running() }),
      subscribeJsonService(server, speaker, { name: 'CONFIG.CHECK', handle: (value) => this.change(value, false) }),
      subscribeJsonService(server, speaker, { name: 'CONFIG.APPLY', handle: (value) => this.change(value, true) }),
    ];
  }

  /** Takes a change of an earlier run into force. @throws with every problem when it does not fit; nothing is changed then. */
  applyAtStart(change: unknown): void {
    const result = this.change(change, true);
    const problems = result.ok ? result.value.problems.map(({ path, message }) => `${path} ${message}`) : [result.error];
    if (problems.length > 0) throw new Error(`configuration overrides do not fit: ${problems.join('; ')}`);
  }

  private running(): Result<RunningConfig> {
    this.state.notice(this.server.options);
    return answer(buildRunningConfig(this.server, this.state));
  }

  private change(value: unknown, isApplying: boolean): Result<ConfigReport> {
    this.state.notice(this.server.options);
    const reader = new ChangeReader();
    const change = reader.read(value);
    if (reader.problems.length > 0) return answer(this.report({ problems: reader.problems, changes: [] }));
    const plan = planChange(this.state, change);
    this.checkAuthentication(plan);
    if (plan.problems.length > 0) return answer(this.report(plan));
    const dropped = findDropped(this.server, plan.options);
    if (isApplying && !this.apply(plan)) return answer(this.report(plan));
    return answer({
      ...this.report(plan),
      applied: isApplying,
      dropped: dropped.listed,
      dropped_total: dropped.total,
    });
  }

  /** The authenticator itself says when users contradict each other. */
  private checkAuthentication(plan: ChangePlan): void {
    if (plan.problems.length > 0) return;
    try {
      makeAuthenticator(plan.options, authenticatorParts(this.server)).stop?.();
    } catch (error) {
      plan.problems.push({ path: '/users', message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** False, with the problem in the plan, when the broker refuses the options. */
  private apply(plan: ChangePlan): boolean {
    try {
      this.reload(plan.options);
    } catch (error) {
      plan.problems.push({ path: '', message: error instanceof Error ? error.message : String(error) });
      return false;
    }
    this.state.take(this.server.options, plan.overriddenKeys, plan.overriddenUsers);
    return true;
  }

  private report(plan: Pick<ChangePlan, 'problems' | 'changes'>): ConfigReport {
    return {
      valid: plan.problems.length === 0,
      applied: false,
      revision: this.state.revision,
      problems: [...plan.problems],
      changes: [...plan.changes],
      dropped: [],
      dropped_total: 0,
    };
  }
}
