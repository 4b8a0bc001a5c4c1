/** What one connection may publish and subscribe, as the server enforces it; deny as plain as allow. */
import type { EffectivePermissions, SubjectRuleSet } from '@sluice/protocol/console';
import { Fragment, type ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatCount, formatSpan } from '../../../lib/format.ts';

export function ConnectionPermissions({
  permissions,
  user,
}: {
  permissions: EffectivePermissions | null;
  user: string | null;
}): ReactNode {
  return (
    <section className="sec" aria-labelledby="perm-title">
      <h3 className="row sech" id="perm-title">
        Permissions
        <span className="f3 sm nb">{permissions === null ? '' : sourceOf(permissions, user)}</span>
      </h3>
      {permissions === null ? <p className="f3 sm">This server does not tell.</p> : <Rules permissions={permissions} />}
    </section>
  );
}

function sourceOf(permissions: EffectivePermissions, user: string | null): string {
  switch (permissions.source) {
    case 'user':
      return `as enforced for ${user === null ? 'this client' : `user ${user}`}`;
    case 'default':
      return 'the default of its account';
    case 'none':
      return 'none set: everything is allowed';
  }
}

function Rules({ permissions }: { permissions: EffectivePermissions }): ReactNode {
  const { responses } = permissions;
  return (
    <div className="perm">
      <RuleSet verb="publish" rules={permissions.publish} />
      <RuleSet verb="subscribe" rules={permissions.subscribe} />
      {responses === null ? null : (
        <>
          <span className="f3">reply</span>
          <span>
            <Badge tone="ok">allow</Badge>
          </span>
          <span className="el">
            {responses.maxCount < 0 ? 'any number of replies' : `${formatCount(responses.maxCount)} per request`}
            {responses.expiresMs === 0 ? '' : `, within ${formatSpan(responses.expiresMs)}`}
          </span>
        </>
      )}
    </div>
  );
}

function RuleSet({ verb, rules }: { verb: string; rules: SubjectRuleSet }): ReactNode {
  const isOpen = rules.allow.length === 0;
  return (
    <>
      <span className="f3">{verb}</span>
      <span>
        <Badge tone="ok">allow</Badge>
      </span>
      {isOpen ? <Subject value=">" /> : <SubjectList subjects={rules.allow} />}
      {rules.deny.length === 0 ? null : (
        <>
          <span />
          <span>
            <Badge tone="bad">deny</Badge>
          </span>
          <SubjectList subjects={rules.deny} />
        </>
      )}
    </>
  );
}

function SubjectList({ subjects }: { subjects: readonly string[] }): ReactNode {
  return (
    <span className="wrap">
      {subjects.map((subject, index) => (
        <Fragment key={subject}>
          {index === 0 ? null : <span className="f3">, </span>}
          <Subject value={subject} />
        </Fragment>
      ))}
    </span>
  );
}
