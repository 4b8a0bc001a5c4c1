/**
 * The errors a server sends (`-ERR '…'`) and the reasons it records for a closed connection, with their exact texts.
 * Source: nats-server server/errors.go and server/monitor.go ClosedState.String; casing is irregular there, and clients match it.
 */

/** Why a connection ended, as `/connz?state=closed` shows it. */
export const closedReasons = {
  clientClosed: 'Client Closed',
  authenticationTimeout: 'Authentication Timeout',
  authenticationFailure: 'Authentication Failure',
  tlsHandshakeError: 'TLS Handshake Failure',
  slowConsumerPendingBytes: 'Slow Consumer (Pending Bytes)',
  slowConsumerWriteDeadline: 'Slow Consumer (Write Deadline)',
  writeError: 'Write Error',
  readError: 'Read Error',
  parseError: 'Parse Error',
  staleConnection: 'Stale Connection',
  protocolViolation: 'Protocol Violation',
  badClientProtocolVersion: 'Bad Client Protocol Version',
  wrongPort: 'Incorrect Port',
  maxConnectionsExceeded: 'Maximum Connections Exceeded',
  maxAccountConnectionsExceeded: 'Maximum Account Connections Exceeded',
  maxPayloadExceeded: 'Maximum Message Payload Exceeded',
  maxControlLineExceeded: 'Maximum Control Line Exceeded',
  maxSubscriptionsExceeded: 'Maximum Subscriptions Exceeded',
  duplicateRoute: 'Duplicate Route',
  routeRemoved: 'Route Removed',
  serverShutdown: 'Server Shutdown',
  authenticationExpired: 'Authentication Expired',
  wrongGateway: 'Wrong Gateway',
  missingAccount: 'Missing Account',
  revocation: 'Credentials Revoked',
  internalClient: 'Internal Client',
  messageHeaderViolation: 'Message Header Violation',
  noRespondersRequiresHeaders: 'No Responders Requires Headers',
  clusterNameConflict: 'Cluster Name Conflict',
  duplicateRemoteLeafNode: 'Duplicate Remote LeafNode Connection',
  duplicateClientId: 'Duplicate Client ID',
  duplicateServerName: 'Duplicate Server Name',
  minimumVersionRequired: 'Minimum Version Required',
  clusterNamesIdentical: 'Cluster Names Identical',
  kicked: 'Kicked',
  proxyNotTrusted: 'Proxy Not Trusted',
  proxyRequired: 'Proxy Required',
} as const;
export type ClosedReason = (typeof closedReasons)[keyof typeof closedReasons];

/** An error that is sent; with `closedReason` the connection ends after it. */
export interface ProtocolError {
  /** What stands between the quotes of `-ERR '…'`. */
  readonly text: string;
  readonly closedReason: ClosedReason;
}

/** An error that is sent while the connection goes on. */
export interface ProtocolWarning {
  readonly text: string;
}

const fatal = (text: string, closedReason: ClosedReason): ProtocolError => ({ text, closedReason });

/** Every `-ERR` of the client protocol. */
export interface ProtocolErrors {
  readonly unknownOperation: ProtocolError;
  readonly maxControlLine: ProtocolError;
  readonly maxPayload: ProtocolError;
  readonly authorizationViolation: ProtocolError;
  readonly authenticationTimeout: ProtocolError;
  readonly userAuthenticationExpired: ProtocolError;
  readonly accountAuthenticationExpired: ProtocolError;
  readonly userAuthenticationRevoked: ProtocolError;
  readonly failedAccountRegistration: ProtocolError;
  readonly maxConnections: ProtocolError;
  readonly maxAccountConnections: ProtocolError;
  readonly invalidClientProtocol: ProtocolError;
  readonly noRespondersRequiresHeaders: ProtocolError;
  readonly staleConnection: ProtocolError;
  readonly secureConnectionRequired: ProtocolError;
  readonly connectionThrottling: ProtocolError;
  readonly maxSubscriptions: ProtocolWarning;
  readonly invalidSubject: ProtocolWarning;
  readonly invalidPublishSubject: ProtocolWarning;
  readonly publishViolation: (subject: string) => ProtocolWarning;
  readonly replyViolation: (reply: string) => ProtocolWarning;
  /** An empty `queue` is a plain subscription. */
  readonly subscriptionViolation: (subject: string, queue: string) => ProtocolWarning;
  readonly tooManyTokens: (subject: string) => ProtocolWarning;
}

/** The table itself. */
export const protocolErrors: ProtocolErrors = {
  unknownOperation: fatal('Unknown Protocol Operation', closedReasons.protocolViolation),
  maxControlLine: fatal('maximum control line exceeded', closedReasons.maxControlLineExceeded),
  maxPayload: fatal('Maximum Payload Violation', closedReasons.maxPayloadExceeded),
  authorizationViolation: fatal('Authorization Violation', closedReasons.authenticationFailure),
  authenticationTimeout: fatal('Authentication Timeout', closedReasons.authenticationTimeout),
  userAuthenticationExpired: fatal('User Authentication Expired', closedReasons.authenticationExpired),
  accountAuthenticationExpired: fatal('Account Authentication Expired', closedReasons.authenticationExpired),
  userAuthenticationRevoked: fatal('User Authentication Revoked', closedReasons.revocation),
  failedAccountRegistration: fatal('Failed Account Registration', closedReasons.missingAccount),
  maxConnections: fatal('maximum connections exceeded', closedReasons.maxConnectionsExceeded),
  maxAccountConnections: fatal('maximum account active connections exceeded', closedReasons.maxAccountConnectionsExceeded),
  invalidClientProtocol: fatal('invalid client protocol', closedReasons.badClientProtocolVersion),
  noRespondersRequiresHeaders: fatal('no responders requires headers support', closedReasons.noRespondersRequiresHeaders),
  staleConnection: fatal('Stale Connection', closedReasons.staleConnection),
  secureConnectionRequired: fatal('Secure Connection - TLS Required', closedReasons.tlsHandshakeError),
  connectionThrottling: fatal('Connection throttling is active. Please try again later.', closedReasons.tlsHandshakeError),
  maxSubscriptions: { text: 'maximum subscriptions exceeded' },
  invalidSubject: { text: 'Invalid Subject' },
  invalidPublishSubject: { text: 'Invalid Publish Subject' },
  publishViolation: (subject) => ({ text: `Permissions Violation for Publish to "${subject}"` }),
  replyViolation: (reply) => ({ text: `Permissions Violation for Publish with Reply of "${reply}"` }),
  subscriptionViolation: (subject, queue) => ({
    text: `Permissions Violation for Subscription to "${subject}"${queue === '' ? '' : ` using queue "${queue}"`}`,
  }),
  tooManyTokens: (subject) => ({ text: `Permissions Violation for Subscription to "${subject}", too many tokens` }),
};
