/** What the broker calls itself. Clients skip tests by the version they see, so the wire carries that of the server we stand in for. */

/** Version reported in INFO, `varz` and by `nats-server -v`. */
export const reportedVersion = '2.15.1';
/** Version of Sluice itself; reported as `git_commit` and in the log. */
export const sluiceVersion = 'sluice-0.1.0';
